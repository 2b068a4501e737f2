/*
 * The last word about a node, second half of rule 7 (specification, section 4; native/src/bus/handle.zig and node.zig).
 * The handle release of a node comes once, when the last handle is gone, and nothing arrives at the node after it.
 *
 * Alice has a node, and Bob has handle 0 to it. In one transaction Bob sends a copy, 1, to Carol, sends a message to
 * Alice, and may release handle 0; otherwise Bob releases it later. Carol, in one transaction, sends a message to Alice,
 * may send a copy, 2, back to Bob, and releases handle 1. Bob does the same with handle 2.
 */

#define ALICE 0
#define BOB 1
#define CAROL 2
#define PEERS 3

/* Bob's first transaction, Bob's second, Carol's, and Bob's last. */
#define TXS 4

/* Parts: the message sent through a handle, the message that brings the handle, and its release. */
#define HANDLES 3
#define CAPACITY 6
#define SAYS(h) (h)
#define BRINGS(h) (HANDLES + (h))
#define RELEASES(h) (2 * HANDLES + (h))
#define TX(part) tx_of[part]
#define OWNER(h) ((h) == 1 -> CAROL : BOB)

#define received(p)

#include "queue.pml"

byte tx_of[3 * HANDLES];
byte counted = 1;         /* handles that ever counted */
byte notified;            /* releases that Alice has received */
bool live[HANDLES];
/* The state that the rules are about. */
bool copied_back;
bool last_word;
bool said[HANDLES];
byte finished;

#ifdef FAULT_REMAINING_AT_RELEASE
byte left[HANDLES];
byte released;
#define REMAINING(h) left[h]
#else
#define REMAINING(h) (counted - notified - 1)
#endif

inline receive(p, part) {
	if
	:: part >= BRINGS(0) && part < RELEASES(0) -> live[part - BRINGS(0)] = true
	:: part < BRINGS(0) ->
		assert(!last_word);                                /* 7 */
		assert(part == 0 || said[part - 1]);               /* 3: its sender received the copy with the earlier message */
		said[part] = true
	:: part >= RELEASES(0) ->
		assert(!last_word);                                /* 7: nothing after it, and so it comes once */
		last_word = REMAINING(part - RELEASES(0)) == 0;
		notified++
	fi
}

inline send(tx, to, part) {
	atomic { tx_of[part] = tx; push(to, part) }
}

inline release(tx, h) {
	atomic {
		live[h] = false;
		tx_of[RELEASES(h)] = tx;
#ifdef FAULT_REMAINING_AT_RELEASE
		released++;
		left[h] = counted - released;
#endif
		push(ALICE, RELEASES(h)) }
}

inline count() {
	atomic { counted++ }
}

/* With handle h, in one transaction: sends a copy if `copies`, sends a message, and releases the handle if `releases`. */
inline act(tx, h, copies, releases) {
#ifndef FAULT_COUNTED_AFTER_COMMIT
	if
	:: copies -> count()
	:: !copies
	fi;
#endif
#ifdef FAULT_COMMIT_BEFORE_PUSH
	flag[tx] = true;
#endif
	if
	:: copies -> send(tx, OWNER(h + 1), BRINGS(h + 1))
	:: !copies
	fi;
#ifdef FAULT_RELEASE_BEFORE_MESSAGE
	if
	:: releases -> release(tx, h)
	:: !releases
	fi;
	send(tx, ALICE, SAYS(h));
#else
	send(tx, ALICE, SAYS(h));
	if
	:: releases -> release(tx, h)
	:: !releases
	fi;
#endif
	flag[tx] = true;
#ifdef FAULT_COUNTED_AFTER_COMMIT
	if
	:: copies -> count()
	:: !copies
	fi;
#endif
}

inline await(p, condition) {
	do
	:: !(condition) -> look(p)
	:: condition -> break
	od
}

proctype Alice() {
	LOOKER;

	await(ALICE, finished == 2);
	look(ALICE);
	assert(last_word && said[0] && said[1] && said[2] == copied_back)
}

proctype Bob() {
	LOOKER;
	bool at_once;

	if
	:: at_once = true
	:: skip
	fi;
	act(0, 0, true, at_once);
	if
	:: !at_once -> release(1, 0); flag[1] = true
	:: at_once
	fi;
	await(BOB, live[2] || (finished == 1 && !copied_back));
	if
	:: live[2] -> act(3, 2, false, true)
	:: !live[2]
	fi;
	finished++
}

proctype Carol() {
	LOOKER;

	await(CAROL, live[1]);
	if
	:: copied_back = true
	:: skip
	fi;
	act(2, 1, copied_back, true);
	finished++
}

init {
	atomic { live[0] = true; run Alice(); run Bob(); run Carol() }
}
