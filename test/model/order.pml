/*
 * Rules 1 to 3 (specification, section 4): atomic, no early look, causal.
 *
 * There are three peers. Each looks once; the first SENDERS of them send one multicast to the two others; the first
 * TELLERS of them tell the next peer, outside the bus, what they know. The order is free. Then all look once more.
 *
 * A transaction is known by its sender, a part of it by the sender and the receiver.
 */

#define PEERS 3
#define TXS 3
#define CAPACITY 2  /* one part of each of the two others */
#define TX(part) ((part) / PEERS)
#define PART(tx, to) ((tx) * PEERS + (to))
#define BIT(p) (1 << (p))
#define ALL (BIT(SENDERS) - 1)
#define OTHERS(p) (7 & ~BIT(p))

#define received(p)

#include "queue.pml"

byte pushed[TXS];    /* to which peers */
byte causes[TXS];    /* what the sender knew */
byte knows[PEERS];   /* which transactions have happened */
byte got[PEERS];
byte finished;

inline receive(p, part) {
	assert(!(got[p] & BIT(TX(part))));                    /* once */
	assert(pushed[TX(part)] == OTHERS(TX(part)));         /* 1: the others can find their parts */
	assert(!(causes[TX(part)] & OTHERS(p) & ~got[p]));    /* 3: the transactions that its sender knew of have come before */
	got[p] = got[p] | BIT(TX(part));
	knows[p] = knows[p] | BIT(TX(part)) | causes[TX(part)]
}

inline send(p, to) {
	push(to, PART(p, to));
	pushed[p] = pushed[p] | BIT(to)
}

inline commit(p) {
	flag[p] = true;
	knows[p] = knows[p] | BIT(p)
}

proctype Peer(byte p) {
	LOOKER;
	byte known;
	bool sent = p >= SENDERS, told = p >= TELLERS;
	byte looks = (p == 2 -> LOOKS : 1);

	do
	:: atomic { !sent ->
		sent = true;
		causes[p] = knows[p];
#ifdef FAULT_COMMIT_BEFORE_PUSH
		commit(p)
#else
		send(p, (p + 1) % PEERS)
#endif
	};
#ifdef FAULT_COMMIT_BEFORE_PUSH
		atomic { send(p, (p + 1) % PEERS) };
		atomic { send(p, (p + 2) % PEERS) }
#else
		atomic { send(p, (p + 2) % PEERS) };
		atomic { commit(p) }
#endif
	:: atomic { !told -> told = true; knows[(p + 1) % PEERS] = knows[(p + 1) % PEERS] | knows[p] }
	:: atomic { looks > 0 -> looks--; known = knows[p] };
		look(p);
		atomic {
			assert(!(known & OTHERS(p) & ~got[p]));       /* 2: a known transaction is found */
			known = 0
		}
	:: atomic { sent && told && looks == 0 -> break }
	od;

	/* The last look, one after the other. */
	finished++;
	finished >= PEERS + p;
	look(p);
	assert(got[p] == (OTHERS(p) & ALL));                          /* 1: all parts are received */
	finished++
}

init {
	atomic { run Peer(0); run Peer(1); run Peer(2) }
}
