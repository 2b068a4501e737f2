/*
 * Short functions for the calls of /dev/bus1. A failed CHECK prints its line and ends the program with exit code 1.
 */

#ifndef DEVICE_H
#define DEVICE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/bus1.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, strerror(errno));          \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

#define FAILS(error, call) CHECK((call) < 0 && errno == (error))

static inline int open_device(void)
{
	int fd = open("/dev/bus1", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

/* Makes an ioctl, again if a signal interrupted it before it took effect. */
static inline int command(int fd, unsigned long request, void *argument)
{
	int r;

	do
		r = ioctl(fd, request, argument);
	while (r < 0 && errno == EINTR);
	return r;
}

/* Creates a node on one peer, and a handle to it on the other. */
static inline void create_node(int fd, int to, uint64_t *node, uint64_t *handle)
{
	struct bus1_transfer src = { .flags = BUS1_TRANSFER_FLAG_CREATE, .id = BUS1_INVALID }, dst = { 0 };
	struct bus1_cmd_transfer transfer = {
		.to = to, .n_transfers = 1, .ptr_src = BUS1_FROM_PTR(&src), .ptr_dst = BUS1_FROM_PTR(&dst)
	};

	CHECK(command(fd, BUS1_CMD_TRANSFER, &transfer) == 0);
	*node = src.id;
	*handle = dst.id;
}

/* Sends a number, and a copy of a handle unless it is 0. */
static inline int try_send(int fd, uint64_t to, uint64_t number, uint64_t handle)
{
	struct bus1_transfer transfer = { .id = handle };
	struct iovec vector = { &number, sizeof(number) };
	struct bus1_message message = {
		.type = BUS1_MESSAGE_TYPE_USER,
		.n_transfers = handle != 0,
		.ptr_transfers = BUS1_FROM_PTR(&transfer),
		.n_data = sizeof(number),
		.n_data_vecs = 1,
		.ptr_data_vecs = BUS1_FROM_PTR(&vector),
	};
	int32_t errors[2]; /* two, since the device of the RFC writes 8 bytes (device fault F3) */
	struct bus1_cmd_send send = { .n_destinations = 1,
				      .ptr_destinations = BUS1_FROM_PTR(&to),
				      .ptr_errors = BUS1_FROM_PTR(errors),
				      .ptr_message = BUS1_FROM_PTR(&message) };

	return command(fd, BUS1_CMD_SEND, &send);
}

static inline void send_number(int fd, uint64_t to, uint64_t number)
{
	CHECK(try_send(fd, to, number, 0) == 0);
}

struct received {
	enum bus1_message_type type;
	uint64_t id;     /* of the node, or of the handle */
	uint64_t number; /* the bytes of the message */
	uint64_t handle; /* the handle in the message, or 0 */
};

/* Receives a message. Returns what the ioctl returns. */
static inline int try_receive(int fd, struct received *received)
{
	struct bus1_transfer transfer = { 0 };
	struct iovec vector = { &received->number, sizeof(received->number) };
	struct bus1_metadata metadata = { 0 };
	struct bus1_message message = {
		.type = BUS1_INVALID,
		.n_transfers = 1,
		.ptr_transfers = BUS1_FROM_PTR(&transfer),
		.n_data = sizeof(received->number),
		.n_data_vecs = 1,
		.ptr_data_vecs = BUS1_FROM_PTR(&vector),
	};
	struct bus1_cmd_recv recv = {
		.ptr_metadata = BUS1_FROM_PTR(&metadata), .ptr_message = BUS1_FROM_PTR(&message)
	};
	int r = command(fd, BUS1_CMD_RECV, &recv);

	received->type = message.type;
	received->id = metadata.id;
	received->handle = r < 0 || message.n_transfers == 0 ? 0 : transfer.id;
	return r;
}

/* Waits until the peer is readable, or for `timeout` milliseconds (-1: forever). Returns whether it is. */
static inline bool readable(int fd, int timeout)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	CHECK(poll(&pollfd, 1, timeout) >= 0 && (pollfd.revents & ~POLLIN) == 0);
	return pollfd.revents != 0;
}

/* Waits for a message and receives it. */
static inline struct received receive(int fd)
{
	struct received received;
	int r;

	while ((r = try_receive(fd, &received)) < 0 && errno == EAGAIN)
		CHECK(readable(fd, -1));
	CHECK(r == 1);
	return received;
}

static inline void expect_number(int fd, uint64_t node, uint64_t number)
{
	struct received received = receive(fd);

	CHECK(received.type == BUS1_MESSAGE_TYPE_USER);
	CHECK(received.id == node && received.number == number);
}

static inline void expect_nothing(int fd)
{
	struct received received;

	FAILS(EAGAIN, try_receive(fd, &received));
	CHECK(!readable(fd, 0));
}

/*
 * Receives a release, which must be queued already. (After a close, calls find the release at once, but poll may report
 * it a moment later.)
 */
static inline void expect_release(int fd, enum bus1_message_type type, uint64_t id)
{
	struct received received;

	CHECK(try_receive(fd, &received) == 1);
	CHECK(received.type == type && received.id == id);
}

static inline int release(int fd, uint64_t id)
{
	struct bus1_cmd_release release = { .n_ids = 1, .ptr_ids = BUS1_FROM_PTR(&id) };

	return command(fd, BUS1_CMD_RELEASE, &release);
}

/* Forks: returns 0 in the child, and the id of the child in the parent. */
static inline pid_t start(void)
{
	pid_t child = fork();

	CHECK(child >= 0);
	return child;
}

/* Waits for the end of a child, which must succeed. */
static inline void join(pid_t child)
{
	int status;

	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Sends a descriptor over a socket. */
static inline void send_descriptor(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec vector = { &byte, 1 };
	struct msghdr header = {
		.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *message = CMSG_FIRSTHDR(&header);

	message->cmsg_level = SOL_SOCKET;
	message->cmsg_type = SCM_RIGHTS;
	message->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(message), &fd, sizeof(fd));
	CHECK(sendmsg(socket, &header, 0) == 1);
}

static inline int receive_descriptor(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec vector = { &byte, 1 };
	struct msghdr header = {
		.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	int fd;

	CHECK(recvmsg(socket, &header, MSG_CMSG_CLOEXEC) == 1);
	CHECK(CMSG_FIRSTHDR(&header));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof(fd));
	return fd;
}

#endif
