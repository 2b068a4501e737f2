/*
 * Rule 7 of SPEC section 4, second half: the last word about a node (native/src/bus/handle.zig and node.zig). A release
 * notification with nothing remaining comes once, when the last handle is gone, and nothing arrives at the node after it.
 *
 * Alice has a node, Bob handle 0 to it. As one, he sends a copy, 1, to Carol, says something to Alice, and perhaps
 * releases his own; else he does so later. Carol, as one, says something to Alice, perhaps sends a copy, 2, back to Bob,
 * and releases hers; and so does Bob with that.
 */

#define ALICE 0
#define BOB 1
#define CAROL 2
#define PEERS 3

/* Bob's first transaction, his second, Carol's, Bob's last. */
#define TXS 4

/* Parts: what is said with a handle, the message that brings it, its release. */
#define HANDLES 3
#define ROOM 6
#define SAYS(h) (h)
#define BRINGS(h) (HANDLES + (h))
#define RELEASES(h) (2 * HANDLES + (h))
#define TX(part) tx_of[part]
#define OWNER(h) ((h) == 1 -> CAROL : BOB)

#define received(p)

#include "queue.pml"

byte tx_of[3 * HANDLES];
byte counted = 1;         /* handles that ever counted */
byte heard;               /* releases that Alice has received */
bool live[HANDLES];
/* What the rules are about. */
bool copied_back;
bool last_word;
bool said[HANDLES];
byte finished;

#ifdef FAULT_REMAINING_AT_RELEASE
byte left[HANDLES];
byte released;
#define REMAINING(h) left[h]
#else
#define REMAINING(h) (counted - heard - 1)
#endif

inline receive(p, part) {
	if
	:: part >= BRINGS(0) && part < RELEASES(0) -> live[part - BRINGS(0)] = true
	:: part < BRINGS(0) ->
		assert(!last_word);                                /* 7 */
		assert(part == 0 || said[part - 1]);               /* 3: who says it has received a copy from who said that */
		said[part] = true
	:: part >= RELEASES(0) ->
		assert(!last_word);                                /* 7: nothing after it, and so it comes once */
		last_word = REMAINING(part - RELEASES(0)) == 0;
		heard++
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

/* With handle h, as one: sends a copy if it is to, says something, and perhaps releases the handle. */
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
