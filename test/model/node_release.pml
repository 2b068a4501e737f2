/*
 * The release of a node, and copies of handles that are made meanwhile: first half of rule 7 (specification, section 4),
 * and section 5 of the specification (native/src/bus/node.zig and handle.zig). Each live handle is notified once, after
 * the release R was committed and after the message that brought the handle; and rule 2 holds for R.
 *
 * Alice releases a node. Bob has handle 0 to it, and sends a copy, 1, to Carol, and Carol sends a copy of that, 2, back to
 * Bob. Bob also makes a local copy, 3. Alice and Carol tell Bob, outside the bus, what they know of R.
 */

#define ALICE 0
#define BOB 1
#define CAROL 2
#define PEERS 3

/* Transactions: R, the message with each copy, and transactions of one part, which are committed by their push. */
#define R 0
#define TXS 4
#define ALONE 3

/* Parts: the message that brings a handle, and the handle's node release, which is of R or alone. */
#define HANDLES 4
#define CAPACITY 4
#define BRINGS(h) (h)
#define TELLS(h) (HANDLES + (h))
#define TX(part) ((part) < HANDLES -> (part) : tx_of[(part) - HANDLES])
#define OWNER(h) ((h) == 1 -> CAROL : BOB)

#define received(p) settle(p)

#include "queue.pml"

/* The node, under its lock. */
bool locked;
bool released;
List linked;
List late;
/* The handles. */
bool told[HANDLES];        /* its node release is queued, or will be; under the lock */
byte carrier[HANDLES];     /* the transaction that brings it; under the lock */
byte tx_of[HANDLES];       /* of its node release */
bool live[HANDLES];        /* its owner has received it, and not its node release; the owner's */
/* The state that the rules are about. */
bool made[HANDLES];
bool notified[HANDLES];
bool knows[PEERS];         /* that R has happened */
byte finished;

inline lock() {
	!locked -> locked = true
}

inline unlock() {
	locked = false
}

/* The handle counts from now on. */
inline link(h, tx) {
	atomic { lock();
		made[h] = true;
		if
#ifdef FAULT_LINKED_TO_RELEASED
		:: true ->
#else
		:: released -> skip
		:: else ->
#endif
			carrier[h] = tx;
			append(linked, h)
		fi;
		unlock() }
}

inline receive(p, part) {
	if
	:: part < HANDLES -> live[part] = true; new = part; is_new = true
	:: else ->
		assert(live[part - HANDLES]);          /* 7: once, and after the message that brought the handle */
		assert(flag[R]);                       /* after R */
		live[part - HANDLES] = false;
		notified[part - HANDLES] = true;
		knows[p] = true
	fi
}

inline tell(h, tx) {
	tx_of[h] = tx;
	push(OWNER(h), TELLS(h))
}

/* The owner has received a handle: if a release did not notify it, it is notified now, or when that release ends. */
inline settle(p) {
	if
	:: atomic { is_new && !locked && (!released || told[new]) -> carrier[new] = ALONE; new = 0; is_new = false }
	:: atomic { is_new && !locked && released && !told[new] ->
		locked = true;
		carrier[new] = ALONE;
		told[new] = true };
#ifdef FAULT_LOOK_BEFORE_LOCK
		atomic { unlock() };
#endif
		if
#ifdef FAULT_TOLD_BEFORE_COMMIT
		:: atomic { true ->
#else
		:: atomic { flag[R] ->
#endif
			unlock() };
			atomic { tell(new, ALONE); new = 0; is_new = false }
		:: atomic { !flag[R] ->
#ifdef FAULT_LOOK_BEFORE_LOCK
			skip };
			atomic { lock();
#endif
			append(late, new); new = 0; is_new = false; unlock() }
		fi
	:: atomic { !is_new -> skip }
	fi
}

inline send_copy(h, tx) {
#ifndef FAULT_LINKED_AFTER_COMMIT
	link(h, tx);
#endif
	atomic { push(OWNER(h), BRINGS(h)) };
	atomic { flag[tx] = true };
#ifdef FAULT_LINKED_AFTER_COMMIT
	link(h, tx)
#endif
}

/* Looks a last time after the others have ended, one process after the other. */
inline last_look(p) {
	finished++;
	finished >= PEERS + p - 1;
	look(p);
	finished++
}

proctype Alice() {
	List mine;
	byte i, h;
	bool tells;

	/* R: the handles that are linked, except copies in flight in transactions that are not known to be older. */
	atomic { lock(); released = true };
	do
	:: atomic { i < linked.n ->
		h = linked.at[i];
		if
#ifdef FAULT_TOLD_BEFORE_THE_MESSAGE
		:: true ->
#else
		:: !flag[carrier[h]] -> skip
		:: else ->
#endif
			told[h] = true;
			append(mine, h)
		fi;
		h = 0;
		i++ }
	:: atomic { i >= linked.n ->
		do
		:: linked.n > 0 -> drop_last(linked)
		:: else -> break
		od;
		move(mine, linked);
		unlock();
		break }
	od;
	/* From here on no other process changes the list. */
#ifdef FAULT_COMMIT_BEFORE_PUSH
	flag[R] = true;
#endif
	do
	:: atomic { i < linked.n -> tell(linked.at[i], R); i++ }
	:: atomic { i >= linked.n -> i = 0; break }
	od;
	atomic { flag[R] = true; knows[ALICE] = true };
	if
	:: atomic { true -> knows[BOB] = true }
	:: true
	fi;

#ifndef FAULT_NO_LATE_COPIES
	/* The handles that have come since are notified one by one. */
	atomic { lock(); move(late, mine); unlock() };
	do
	:: atomic { i < mine.n -> tell(mine.at[i], ALONE); mine.at[i] = 0; i++ }
	:: atomic { i >= mine.n -> mine.n = 0; i = 0; break }
	od;
#endif
	finished++
}

proctype Bob() {
	LOOKER;
	byte new;
	bool is_new, sent, copied, looked, known;

	do
	:: atomic { !sent -> sent = true };
		if
		:: live[0] -> send_copy(1, 1)
		:: !live[0]
		fi
	:: atomic { !copied -> copied = true };
		if
		:: live[0] ->
			link(3, ALONE);
			atomic { live[3] = true; new = 3; is_new = true };
			settle(BOB)
		:: !live[0]
		fi
	:: atomic { !looked -> looked = true; known = knows[BOB] };
		look(BOB);
		atomic {
			assert(!known || notified[0]);            /* 2 */
			known = false }
	:: atomic { sent && copied && looked -> break }
	od;
	last_look(BOB);
	assert(notified[0] && notified[2] == made[2] && notified[3] == made[3])
}

proctype Carol() {
	LOOKER;
	byte new;
	bool is_new, sent, looked, said;

	do
	:: atomic { !sent -> sent = true };
		if
		:: live[1] -> send_copy(2, 2)
		:: !live[1]
		fi
	:: atomic { !looked -> looked = true };
		look(CAROL)
	:: atomic { !said -> said = true; knows[BOB] = knows[BOB] || knows[CAROL] }
	:: atomic { sent && looked && said -> break }
	od;
	last_look(CAROL);
	assert(notified[1] == made[1])
}

init {
	atomic {
		flag[ALONE] = true;
		carrier[0] = ALONE;
		linked.at[0] = 0;
		linked.n = 1;
		made[0] = true;
		live[0] = true;
		run Alice(); run Bob(); run Carol()
	}
}
