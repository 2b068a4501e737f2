/*
 * The receive queue of a peer, and the transactions whose parts wait in it: native/src/lll.zig and queue.zig, step by
 * step. A step is one access to what threads share, and what the thread does by itself after it; all steps have one
 * order (what weaker memory would do is for the explorer, native/src/explore).
 *
 * A part is a number. The model that includes this says how many peers and transactions there are (PEERS, TXS), how many
 * parts a queue can hold (ROOM), which transaction a part is of (TX), and what a peer does with a part that it receives
 * (RECEIVE).
 */

typedef List {
	byte at[ROOM];
	byte n
}

List incoming[PEERS];      /* the newest last */
List busy[PEERS];          /* taken before their transaction was committed, the newest first */
bool flag[TXS];

/* What is not in a list is 0, so that equal states are equal. */
inline append(list, part) {
	list.at[list.n] = part;
	list.n++
}

inline drop_last(list) {
	list.n--;
	list.at[list.n] = 0
}

/* Moves a list to the end of another one, from its first to its last, or the other way round. */
inline move(from, to) {
	i = 0;
	do
	:: i < from.n ->
		append(to, from.at[i]);
		from.at[i] = 0;
		i++
	:: else -> break
	od;
	from.n = 0;
	i = 0
}

inline move_back(from, to) {
	do
	:: from.n > 0 ->
		append(to, from.at[from.n - 1]);
		drop_last(from)
	:: else -> break
	od
}

/* What the process that looks has for itself. */
#define LOOKER List work; List held; List ready; List early; byte i; byte at; byte part; bool found

/* Receives all that can be received. */
inline look(p) {
	found = true;
	do
	:: found ->
#ifdef FAULT_FLAGS_BEFORE_TAKE
		do
		:: atomic { early.n < busy[p].n -> append(early, flag[TX(busy[p].at[early.n])]) }
		:: atomic { early.n >= busy[p].n -> break }
		od;
#endif
		atomic {
			/* The swap. All that is to be looked at, the newest first. */
#ifdef FAULT_BUSY_FIRST
			move(busy[p], work);
			move_back(incoming[p], work);
#else
			move_back(incoming[p], work);
#ifdef FAULT_FLAGS_BEFORE_TAKE
			at = work.n;
#endif
			move(busy[p], work);
#endif
		};
#ifdef FAULT_FLAGS_BEFORE_TAKE
		atomic { part = at; at = 0 };
#endif
		do
		:: atomic { at < work.n ->
			if
#ifdef FAULT_FLAGS_BEFORE_TAKE
			:: at >= part && early.at[at - part] -> append(ready, work.at[at])
			:: at >= part && !early.at[at - part] -> append(held, work.at[at])
			:: at < part && flag[TX(work.at[at])] -> append(ready, work.at[at])
			:: at < part && !flag[TX(work.at[at])] -> append(held, work.at[at])
#else
			:: flag[TX(work.at[at])] -> append(ready, work.at[at])
			:: else -> append(held, work.at[at])
#endif
			fi;
			work.at[at] = 0;
			at++ }
		:: atomic { at >= work.n ->
			work.n = 0;
			at = 0;
			do
			:: early.n > 0 -> drop_last(early)
			:: else -> break
			od;
			move(held, busy[p]);
			found = ready.n > 0;
			/* The oldest is the last. */
			do
			:: ready.n > 0 ->
				part = ready.at[ready.n - 1];
				drop_last(ready);
				RECEIVE(p, part)
			:: else -> break
			od;
			part = 0;
			break }
		od
	:: else -> break
	od
}

/* One step: the exchange that succeeds. */
inline push(to, part) {
	append(incoming[to], part)
}
