/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_BUS1_H
#define _LINUX_BUS1_H

/**
 * DOC: /dev/bus1
 *
 * Capability-based message passing between processes.
 *
 * Opening the device makes a peer; the last close of that open file ends it. A peer owns nodes, which are receiving ends, and
 * handles. A handle is the right to send to one node, of the same or another peer. A message carries bytes, and copies of
 * handles, to a node. There are no names. A peer gets a handle
 *
 * - when it makes a node,
 * - when a process that holds both peers copies one across (BUS1_CMD_TRANSFER),
 * - when it receives a message with one.
 *
 * Nodes and handles have ids, which are valid on their own peer only. An id is (n << 1) | BUS1_MANAGED, with n from a counter
 * of the peer, and is never used again. An id ends when its object is released, and when a release message about it is
 * received.
 *
 * Order: a command is a transaction. All peers concerned receive its messages and releases or, if it fails, none. A peer that
 * received a part of it, or knows of it from another source, finds its own part received or ready. What was sent by a peer
 * that could know of an earlier transaction is received after that transaction.
 *
 * poll() reports EPOLLOUT always, and EPOLLIN while a message is ready.
 *
 * Rules for all commands:
 *
 * - Calls on one open file are serialized. None of them blocks.
 * - They return 0, and BUS1_CMD_RECV 1; any result that is not negative means success.
 * - Flags that are not named here must be 0.
 * - A pointer is passed as a __u64 (BUS1_FROM_PTR()); that of an array without elements is ignored.
 * - A command that fails has changed nothing, and has used no id. The memory for its results may be overwritten unless it says
 *   otherwise.
 * - An array can have up to 2^22 elements, and a multicast can make as many messages and copies of handles (else ENOMEM).
 *
 * Errors of all commands:
 *
 *     ENOTTY  an unknown command, or another size of the structure
 *     EFAULT  a pointer to memory that the process cannot read or write, as the command needs
 *     EINVAL  an unknown flag
 *     ENOMEM  out of memory
 */

#include <linux/ioctl.h>
#include <linux/types.h>

#define BUS1_IOCTL_MAGIC 0x97

/** BUS1_INVALID - no id, no account; and as a target: this peer */
#define BUS1_INVALID (~(__u64)0)

/** BUS1_MANAGED - the bit of ids that the bus has chosen; so far these are all ids */
#define BUS1_MANAGED ((__u64)1)

#define BUS1_FROM_PTR(ptr) ((__u64)(unsigned long)(ptr))
#define BUS1_TO_PTR(value) ((void *)(unsigned long)(value))

/** BUS1_TRANSFER_FLAG_CREATE - make a node, and a handle to it */
#define BUS1_TRANSFER_FLAG_CREATE ((__u64)1)

/**
 * struct bus1_transfer - a handle that is copied from one peer to another
 * @flags:	BUS1_TRANSFER_FLAG_CREATE in BUS1_CMD_TRANSFER, else 0
 * @id:		id of the handle; of a node after it was created
 */
struct bus1_transfer {
	__u64 flags;
	__u64 id;
};

/**
 * struct bus1_metadata - what a received message is about, and its sender
 * @flags:	0
 * @id:		id of the node; for BUS1_MESSAGE_TYPE_NODE_RELEASE of the handle
 * @account:	id of the sender's account, or BUS1_INVALID
 */
struct bus1_metadata {
	__u64 flags;
	__u64 id;
	__u64 account;
};

/**
 * enum bus1_message_type - the type of a message
 * @BUS1_MESSAGE_TYPE_USER:		a peer has sent it
 * @BUS1_MESSAGE_TYPE_NODE_RELEASE:	the node of a handle was released, or its peer has ended; the handle is dead, and
 *					its id is not valid any more
 * @BUS1_MESSAGE_TYPE_HANDLE_RELEASE:	the last handle to a node was released; nothing arrives at the node any more, and
 *					its id is not valid any more
 */
enum bus1_message_type {
	BUS1_MESSAGE_TYPE_USER = 0,
	BUS1_MESSAGE_TYPE_NODE_RELEASE = 1,
	BUS1_MESSAGE_TYPE_HANDLE_RELEASE = 2,
};

/**
 * struct bus1_message - a message to send, or buffers for one to receive
 * @flags:		0
 * @type:		enum bus1_message_type; BUS1_INVALID for BUS1_CMD_RECV
 * @n_transfers:	number of transfers; for BUS1_CMD_RECV the size of the array
 * @ptr_transfers:	array of struct bus1_transfer
 * @n_data:		number of bytes; for BUS1_CMD_RECV the size of the buffer; neither more than 0x7ffff000 nor more than
 *			the vectors have together (EMSGSIZE)
 * @n_data_vecs:	number of vectors, at most 1024 (EINVAL)
 * @ptr_data_vecs:	array of struct iovec: the bytes are the first @n_data of all of them
 */
struct bus1_message {
	__u64 flags;
	__u64 type;
	__u64 n_transfers;
	__u64 ptr_transfers;
	__u64 n_data;
	__u64 n_data_vecs;
	__u64 ptr_data_vecs;
};

/**
 * struct bus1_cmd_transfer - BUS1_CMD_TRANSFER: make nodes, and copy handles across
 * @flags:		0
 * @to:			descriptor of the peer that gets the handles; BUS1_INVALID: this one
 * @n_transfers:	number of elements of both arrays
 * @ptr_src:		array of struct bus1_transfer. With BUS1_TRANSFER_FLAG_CREATE, and BUS1_INVALID as id: a node is
 *			made on this peer, and the element overwritten with its id and without the flag. With no flag:
 *			a handle of this peer
 * @ptr_dst:		array of struct bus1_transfer, overwritten: for each of @ptr_src the id that the new handle has
 *			on the peer that gets it
 *
 * The command does all of it, or nothing. Ids are assigned in the order of the elements, to a node before its handle. Both
 * arrays may be the same: then it contains the handles' ids. If the command fails, @ptr_src is unchanged.
 *
 * Errors, checked in this order:
 *
 *     EINVAL      @flags
 *     EBADF       @to is not an open descriptor; all 64 bits of the number count
 *     EOPNOTSUPP  @to is not a peer
 *
 * and then, element by element:
 *
 *     EINVAL      its flags; an id other than BUS1_INVALID with BUS1_TRANSFER_FLAG_CREATE
 *     EBADRQC     an id that is not a handle of this peer
 */
struct bus1_cmd_transfer {
	__u64 flags;
	__u64 to;
	__u64 n_transfers;
	__u64 ptr_src;
	__u64 ptr_dst;
};

/**
 * struct bus1_cmd_release - BUS1_CMD_RELEASE: release nodes and handles
 * @flags:	0
 * @n_ids:	number of ids
 * @ptr_ids:	array of __u64; duplicates are ignored
 *
 * When a node is released, the owners of all its handles are notified (BUS1_MESSAGE_TYPE_NODE_RELEASE). When the last handle
 * of a node is released, the node's owner is notified (BUS1_MESSAGE_TYPE_HANDLE_RELEASE). The caller receives nothing more
 * about what it has released, and messages that wait for the node are discarded.
 *
 * Errors, checked in this order:
 *
 *     EINVAL   @flags
 *     EBADRQC  an id that is neither a node nor a handle of this peer
 */
struct bus1_cmd_release {
	__u64 flags;
	__u64 n_ids;
	__u64 ptr_ids;
};

/**
 * struct bus1_cmd_send - BUS1_CMD_SEND: send a message to one or more nodes
 * @flags:		0
 * @n_destinations:	number of destinations; with 0 everything is checked and nothing sent
 * @ptr_destinations:	array of __u64: ids of handles of this peer; a message is sent through each, duplicates included
 * @ptr_errors:		array of __s32, one for each destination, or NULL: all 0 if it succeeds, untouched if it fails
 * @ptr_message:	struct bus1_message, of type BUS1_MESSAGE_TYPE_USER. The transfers, flags 0, are handles of this
 *			peer, of which each receiver gets copies
 *
 * Sending to a node that was released, or to a peer that has ended, is not an error: the message is discarded there.
 *
 * Errors, checked in this order:
 *
 *     EINVAL    @flags; flags or type of the message; too many vectors
 *     EMSGSIZE  too many bytes, or more than the vectors have
 *     EINVAL    flags of a transfer
 *     EBADRQC   a transfer or a destination that is not a handle of this peer
 */
struct bus1_cmd_send {
	__u64 flags;
	__u64 n_destinations;
	__u64 ptr_destinations;
	__u64 ptr_errors;
	__u64 ptr_message;
};

/**
 * struct bus1_cmd_recv - BUS1_CMD_RECV: receive a message
 * @flags:		0
 * @ptr_metadata:	struct bus1_metadata, overwritten
 * @ptr_message:	struct bus1_message, of type BUS1_INVALID, with the buffers. Type, number of transfers and number of
 *			bytes are overwritten with those of the message
 *
 * The transfers get ids in their order; their flags are 0. A release message has neither transfers nor bytes.
 *
 * Errors, checked in this order:
 *
 *     EINVAL    @flags; flags or type of the message; too many vectors
 *     EMSGSIZE  @n_data is too large, or more than the vectors have
 *     EAGAIN    no message is ready
 *     EMSGSIZE  the buffers are too small: the needed numbers of transfers and bytes are written to the structure, and the
 *               message stays the first one
 */
struct bus1_cmd_recv {
	__u64 flags;
	__u64 ptr_metadata;
	__u64 ptr_message;
};

#define BUS1_CMD_TRANSFER _IOWR(BUS1_IOCTL_MAGIC, 0, struct bus1_cmd_transfer)
#define BUS1_CMD_RELEASE _IOWR(BUS1_IOCTL_MAGIC, 1, struct bus1_cmd_release)
#define BUS1_CMD_SEND _IOWR(BUS1_IOCTL_MAGIC, 2, struct bus1_cmd_send)
#define BUS1_CMD_RECV _IOWR(BUS1_IOCTL_MAGIC, 3, struct bus1_cmd_recv)

#endif /* _LINUX_BUS1_H */
