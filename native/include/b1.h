/* SPDX-License-Identifier: Apache-2.0 */
#ifndef B1_H
#define B1_H

/**
 * libbus1: capability-based message passing, the object API.
 *
 * Peers own nodes (receiving ends) and handles (the right to send to a node). A message carries bytes, and copies of
 * handles, to a node. An operation is one transaction: every receiver gets its part or, if the commit fails, none does. A
 * receiver that knows of a committed transaction, from whatever source, finds its own part.
 *
 * Rules for all functions:
 *
 * - A peer has one operator at a time, but may move between threads. Any thread may take and drop references, wake, and call
 *   b1_peer_end() at any time.
 * - A function that returns a pointer to a new object returns NULL if memory has run out, and only then unless it says
 *   otherwise. Functions that return int return 0 or a negative errno:
 *
 *       -ENOMEM           out of memory
 *       -ENOTRECOVERABLE  an object that the operator does not own
 *       -EBADRQC          an object that was released, or a handle to a node that is known to be gone
 *       -ESHUTDOWN        the operator has ended
 *       -EMSGSIZE         more than 0x7ffff000 bytes
 *       -EDQUOT           a user's quota is exceeded, or a bounded queue is full
 *       -EXFULL           the amounts of an actor's claim are too large to compute with
 *       -EAGAIN           the timeout has passed (the functions that wait)
 *       -EINVAL           an invalid argument
 *
 *   A call that fails has changed nothing.
 * - ref functions return their argument, unref functions NULL; both accept NULL. A peer keeps its nodes and handles
 *   until they are released or it ends, also without any other reference.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct b1_acct;
struct b1_acct_actor;
struct b1_acct_claim;
struct b1_acct_user;
struct b1_handle;
struct b1_message_shared;
struct b1_node;
struct b1_op;
struct b1_peer;
struct b1_waitq;

/* Accounting */

/** What is counted. */
enum b1_acct_slot {
	B1_ACCT_SLOT_OBJECTS = 0,
	B1_ACCT_SLOT_BYTES = 1,
	B1_ACCT_SLOT_N = 2,
};

/** A charge, until b1_acct_charge_deinit(). The caller initializes it, and does not change its fields. */
struct b1_acct_charge {
	struct b1_acct_claim *claim;
	uint64_t amounts[B1_ACCT_SLOT_N];
};

/**
 * Makes the accounting of one bus. maxima: what each user has of each slot. UINT64_MAX in all of them: what the peers of such
 * a user own is not counted.
 *
 * A node, a handle and a message cost one object each. A message also costs its bytes, once for each receiver. Nodes and
 * handles are charged to their owner's user, on behalf of itself. A message and the handles that it brings are charged to the
 * receiver's user, on behalf of the sender's actor, when the message is added to its operation. Users that claim from another
 * user can get nearly equal parts of its maximum, in any order. Each actor of a user can get half of what the user's other
 * actors have left of that part.
 *
 * A charge ends with its object: when that is released, received or discarded, or its operation is dropped. One exception: a
 * released handle keeps memory until the owner of its node receives the release. If more than 4096 releases of a user's
 * handles are unreceived, a handle that is released stays charged until its release is received.
 */
struct b1_acct *b1_acct_new(const uint64_t maxima[B1_ACCT_SLOT_N]);
struct b1_acct *b1_acct_ref(struct b1_acct *acct);
struct b1_acct *b1_acct_unref(struct b1_acct *acct);
/** Returns a reference to the user with that id: the same one as long as a reference to it, or a charge, exists. */
struct b1_acct_user *b1_acct_get_user(struct b1_acct *acct, uint32_t id);
struct b1_acct_user *b1_acct_user_ref(struct b1_acct_user *user);
struct b1_acct_user *b1_acct_user_unref(struct b1_acct_user *user);
/** Makes an actor, which claims for a user: one for each peer, or one for several. */
struct b1_acct_actor *b1_acct_actor_new(struct b1_acct_user *user);
struct b1_acct_actor *b1_acct_actor_ref(struct b1_acct_actor *actor);
struct b1_acct_actor *b1_acct_actor_unref(struct b1_acct_actor *actor);
/**
 * Charges the user of one actor on behalf of another: all of the amounts, or nothing. -EDQUOT: the user does not have that
 * much left, or not for this claimant. -EXFULL: the claim is too large to compute with. -EINVAL: the charge is in use.
 * -ENOMEM. Any thread may call this, and all other functions for accounting.
 */
int b1_acct_actor_charge(struct b1_acct_actor *charged, struct b1_acct_charge *charge, struct b1_acct_actor *claimant,
			 const uint64_t amounts[B1_ACCT_SLOT_N]);
/** Makes it an empty charge. */
void b1_acct_charge_init(struct b1_acct_charge *charge);
/** Gives back what was charged, and makes it an empty charge. */
void b1_acct_charge_deinit(struct b1_acct_charge *charge);

/* Waiting */

/** Makes a wait queue. Several peers may share it, so that one thread can wait for all of them. */
struct b1_waitq *b1_waitq_new(void);
/**
 * The same, with a callback. After b1_waitq_arm() it is called once, when there may be something to receive, by the
 * committing thread. It must be short, must not block, and must not call back into the bus.
 */
struct b1_waitq *b1_waitq_new_callback(void (*wake)(void *userdata), void *userdata);
struct b1_waitq *b1_waitq_ref(struct b1_waitq *waitq);
struct b1_waitq *b1_waitq_unref(struct b1_waitq *waitq);

/**
 * Sleeps until one of the peers, all of which must have been made with this waitq, is readable. Returns its index;
 * -ESHUTDOWN if one of them ends or has ended; -EAGAIN after timeout_ns nanoseconds (negative: no timeout).
 */
int b1_waitq_wait(struct b1_waitq *waitq, size_t n_peers, struct b1_peer **peers, int64_t timeout_ns);
/** Asks for one call of the callback. The caller must then look once more with b1_peer_readable() before it relies on it. */
void b1_waitq_arm(struct b1_waitq *waitq);

/* Peers */

enum b1_message_type {
	B1_MESSAGE_TYPE_USER = 0,
	B1_MESSAGE_TYPE_NODE_RELEASE = 1,
	B1_MESSAGE_TYPE_HANDLE_RELEASE = 2,
};

/** The first message in a peer's queue. Pointers are borrowed, and valid until the pop. */
struct b1_peer_peek {
	/** enum b1_message_type */
	uint64_t type;
	union b1_peer_peek_union {
		/** A message for a node of this peer. */
		struct b1_peer_peek_user {
			struct b1_node *node;
			uint64_t n_transfers;
			/** Handles that this peer owns from the pop on. */
			struct b1_handle **transfers;
			uint64_t n_data;
			void *data;
		} user;
		/** The node of a handle of this peer is gone; the handle is dead. */
		struct b1_peer_peek_node_release {
			struct b1_handle *handle;
		} node_release;
		/** A handle to a node of this peer was released. */
		struct b1_peer_peek_handle_release {
			struct b1_node *node;
			/** How many handles are left. Only 0 is exact, and it is final: nothing arrives at the node any more. */
			uint64_t remaining;
		} handle_release;
	} u;
};

/**
 * Makes a peer. actor: what claims for it; NULL: it is unaccounted, is not charged, and all such peers together claim from
 * others as one. waitq: what to wake when there is something to receive; may be NULL.
 */
struct b1_peer *b1_peer_new(struct b1_acct_actor *actor, struct b1_waitq *waitq);
/**
 * The same, with a bound for its queue: at most max_messages messages, with at most max_bytes bytes together. A message that
 * does not fit is refused with -EDQUOT when it is added to its operation. Otherwise it takes room from then on until it is
 * received or discarded.
 */
struct b1_peer *b1_peer_new_bounded(struct b1_acct_actor *actor, struct b1_waitq *waitq, uint64_t max_messages,
				    uint64_t max_bytes);
struct b1_peer *b1_peer_ref(struct b1_peer *peer);
/** Drops a reference. End the peer before the last one: otherwise what it owns keeps it, and is leaked. */
struct b1_peer *b1_peer_unref(struct b1_peer *peer);

/** No-op so far. */
void b1_peer_begin(struct b1_peer *peer);
/**
 * Ends the peer, as one transaction: discards what is queued, and releases all its nodes and handles. If a call on the peer is
 * in progress, that call completes first, and then does this work.
 */
void b1_peer_end(struct b1_peer *peer);

/**
 * Makes a node on the peer and a handle to it on other, which may be the same peer. The caller gets a reference to both, the
 * handle in *handlep. On a peer that has ended they are released from the start. NULL also if a user's quota is exceeded.
 */
struct b1_node *b1_peer_new_node(struct b1_peer *peer, struct b1_peer *other, struct b1_handle **handlep);
/**
 * Makes a handle on the peer to the node of another handle; the caller gets a reference. On a peer that has ended, and
 * from a handle that is released, it is released from the start. NULL also if the user's quota is exceeded.
 */
struct b1_handle *b1_peer_new_handle(struct b1_peer *peer, struct b1_handle *from);

/** Returns whether a peek would return a message. */
bool b1_peer_readable(struct b1_peer *peer);
/**
 * Returns the first message, which stays until its pop; the same one again if it was not popped. Returns false if there is
 * none.
 */
bool b1_peer_peek(struct b1_peer *peer, struct b1_peer_peek *peek);
/** Removes what was peeked. No-op without a peek. */
void b1_peer_pop(struct b1_peer *peer);

/* Nodes */

struct b1_node *b1_node_ref(struct b1_node *node);
struct b1_node *b1_node_unref(struct b1_node *node);
void *b1_node_get_userdata(struct b1_node *node);
void b1_node_set_userdata(struct b1_node *node, void *userdata);
/** No-ops so far. */
void b1_node_begin(struct b1_node *node);
void b1_node_end(struct b1_node *node);

/* Handles */

struct b1_handle *b1_handle_ref(struct b1_handle *handle);
struct b1_handle *b1_handle_unref(struct b1_handle *handle);
void *b1_handle_get_userdata(struct b1_handle *handle);
void b1_handle_set_userdata(struct b1_handle *handle, void *userdata);
/**
 * Waits until a message of n_data bytes through the handle would find room in the receiver's queue, and on its user's account,
 * or the node is gone. -EAGAIN: the timeout of timeout_ns nanoseconds (negative: none) has passed. -EDQUOT: there will never
 * be that much room. It waits with the waitq of the handle's owner, the operator: -EINVAL if there is none. To wait for a
 * callback instead, call b1_waitq_arm() and then this with a timeout of 0: after -EAGAIN there will be a call.
 */
int b1_handle_writable(struct b1_handle *handle, uint64_t n_data, int64_t timeout_ns);

/** No-ops so far. */
void b1_handle_begin(struct b1_handle *handle);
void b1_handle_end(struct b1_handle *handle);

/* Bytes */

/** Copies the data. The copy never changes, and all receivers of a multicast share it. */
struct b1_message_shared *b1_message_shared_new(uint64_t n_data, const void *data);
struct b1_message_shared *b1_message_shared_ref(struct b1_message_shared *shared);
struct b1_message_shared *b1_message_shared_unref(struct b1_message_shared *shared);

/* Operations */

/** Starts an operation of the peer. */
struct b1_op *b1_op_new(struct b1_peer *peer);
/** Aborts and frees the operation. */
struct b1_op *b1_op_free(struct b1_op *op);

/** Adds a message: the bytes, and copies of the transfers. These, and `to`, are handles of the operator. */
int b1_op_send_message(struct b1_op *op, struct b1_handle *to, uint64_t n_transfers, struct b1_handle **transfers,
		       struct b1_message_shared *shared);
/** Adds the release of a node of the operator. Idempotent. */
int b1_op_release_node(struct b1_op *op, struct b1_node *node);
/** Adds the release of a handle of the operator. Idempotent. */
int b1_op_release_handle(struct b1_op *op, struct b1_handle *handle);

/**
 * Commits the operation, and frees it in every case. Fails with -EBADRQC if an object that it names was released since it was
 * added, and with -ESHUTDOWN if the operator has ended; then the operation is aborted.
 */
int b1_op_commit(struct b1_op *op);

/* Inspection */

/** What exists in this process. Released, received or discarded objects do not count, even if they are referenced. */
struct b1_live_counts {
	uint64_t peers;
	uint64_t nodes;
	uint64_t handles;
	uint64_t messages;
	uint64_t bytes;
};

void b1_live_counts(struct b1_live_counts *counts);

#ifdef __cplusplus
}
#endif

#endif /* B1_H */
