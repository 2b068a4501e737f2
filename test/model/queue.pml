/*
 * The receive queue of a peer, and the transactions of the parts in it: native/src/base/lll.zig and
 * native/src/bus/queue.zig, step by step. A step is one access to shared memory, with the local work after it. All steps
 * have one order; the explorer (native/src/explore) shows what weaker memory would do.
 *
 * A part is a number. The model that includes this defines the number of peers and transactions (PEERS, TXS), the number
 * of parts that a list can hold (CAPACITY), the transaction of a part (TX), and what a peer does with a received part:
 * `receive`, which belongs to the same step, and `received`, which may take more steps.
 *
 * FAULT_...: faults that can be planted; each must break a rule (check.ts).
 */

typedef List {
	byte at[CAPACITY];
	byte n
}

List incoming[PEERS];      /* the newest last */
List busy[PEERS];          /* taken before their transaction was committed, the newest first */
bool flag[TXS];

/* Places beyond the end of a list are 0, so that equal states have equal bytes. */
inline append(list, element) {
	list.at[list.n] = element;
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

/* One step: the exchange that succeeds. */
inline push(to, element) {
	append(incoming[to], element)
}

/* The local variables of a process that looks. */
#define LOOKER List work; List held; List ready; byte i; byte part; bool found = true; short early; short old

#ifdef FAULT_FLAGS_BEFORE_TAKE
/* Which parts were on `busy`, and the transactions of which were committed then. */
#define COMMITTED(part) (((old >> (part)) & 1) -> ((early >> TX(part)) & 1) : flag[TX(part)])
#else
#define COMMITTED(part) flag[TX(part)]
#endif

/* Receives all that can be received. */
inline look(p) {
	do
	:: atomic { found -> found = false };
#ifdef FAULT_FLAGS_BEFORE_TAKE
		do
		:: atomic { i < busy[p].n ->
			old = old | (1 << busy[p].at[i]);
			early = early | (flag[TX(busy[p].at[i])] << TX(busy[p].at[i]));
			i++ }
		:: atomic { i >= busy[p].n -> i = 0; break }
		od;
#endif
		/* The swap. `work` has the parts oldest first, and is tested from its end. */
		atomic {
#ifdef FAULT_BUSY_FIRST
			move(incoming[p], work);
			move_back(busy[p], work)
#else
			move_back(busy[p], work);
			move(incoming[p], work)
#endif
		};
		do
		:: atomic { work.n > 0 ->
			part = work.at[work.n - 1];
			drop_last(work);
			if
#ifdef FAULT_NO_FLAG
			:: true -> append(ready, part); found = true
#else
			:: COMMITTED(part) -> append(ready, part); found = true
			:: else -> append(held, part)
#endif
			fi;
			part = 0 }
		:: atomic { work.n == 0 ->
			old = 0;
			early = 0;
#ifdef FAULT_NO_BUSY
			do
			:: held.n > 0 -> drop_last(held)
			:: else -> break
			od;
#else
			move(held, busy[p]);
#endif
			break }
		od;
#ifdef FAULT_TAKE_WHILE_READY
		if
		:: incoming[p].n > 0 -> found = true
		:: incoming[p].n == 0 -> deliver(p)
		fi
#else
		deliver(p)
#endif
	:: atomic { !found -> found = true; break }
	od
}

/* The oldest is the last. */
inline deliver(p) {
	do
	:: atomic { ready.n > 0 ->
		part = ready.at[ready.n - 1];
		drop_last(ready);
		receive(p, part);
		part = 0 };
		received(p)
	:: atomic { ready.n == 0 -> break }
	od
}
