/*
 * Rules 1 to 3 of SPEC section 4: atomic, no early look, causal.
 *
 * Three peers. Each sends one multicast to the two others, looks, and tells another one, outside the bus, what it knows;
 * in any order. When all have done that, each looks once more.
 *
 * A transaction is known by its sender, a part of it by the sender and the receiver.
 */

#define PEERS 3
#define TXS 3
#define ROOM 3
#define TX(part) ((part) / PEERS)
#define PART(tx, to) ((tx) * PEERS + (to))
#define BIT(p) (1 << (p))
#define OTHERS(p) (7 & ~BIT(p))
#define RECEIVE(p, part) receive(p, part)

#include "queue.pml"

byte pushed[TXS];    /* to whom */
byte causes[TXS];    /* what the sender knew */
byte knows[PEERS];   /* which transactions have happened */
byte received[PEERS];
byte finished;

inline receive(p, part) {
	assert(!(received[p] & BIT(TX(part))));                    /* once */
	assert(pushed[TX(part)] == OTHERS(TX(part)));              /* 1: the others can find their parts */
	assert(!(causes[TX(part)] & OTHERS(p) & ~received[p]));    /* 3: what its sender knew of has come before */
	received[p] = received[p] | BIT(TX(part));
	knows[p] = knows[p] | BIT(TX(part)) | causes[TX(part)]
}

inline send(p, to) {
	push(to, PART(p, to));
	pushed[p] = pushed[p] | BIT(to)
}

inline commit(p) {
	flag[p] = true
}

proctype Peer(byte p) {
	LOOKER;
	byte known;
	bool sent, told, looked;

	do
	:: atomic { !sent ->
		sent = true;
		causes[p] = knows[p];
#ifdef FAULT_COMMIT_BEFORE_PUSH
		commit(p);
#endif
		send(p, (p + 1) % PEERS) };
#ifdef FAULT_COMMIT_BEFORE_LAST_PUSH
		commit(p);
#endif
		atomic { send(p, (p + 2) % PEERS) };
		atomic { commit(p); knows[p] = knows[p] | BIT(p) }
	:: atomic { !told -> told = true; knows[(p + 1) % PEERS] = knows[(p + 1) % PEERS] | knows[p] }
	:: atomic { !looked -> looked = true; known = knows[p] };
		look(p);
		atomic {
			assert(!(known & OTHERS(p) & ~received[p]));       /* 2: what is known is found */
			known = 0
		}
	:: atomic { sent && told && looked -> break }
	od;

	/* The last look, one after the other. */
	finished++;
	finished >= PEERS + p;
	look(p);
	assert(received[p] == OTHERS(p));                          /* 1: all parts are received */
	finished++
}

init {
	atomic { run Peer(0); run Peer(1); run Peer(2) }
}
