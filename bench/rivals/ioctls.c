/*
 * The floor under the kernel engine: the same ioctls on the same device, by a C program that does nothing else. There are two
 * peers with a handle to each other's node, called from one thread, or from one thread for each peer.
 *
 * The time that the facade takes beyond it is the price of checks, of objects, and of a table of ids.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/bus1.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SIZE 64

struct side {
	int fd;
	/* Reports edges, as that of the engine does. */
	int epoll;
	/* To the other's node. */
	__u64 handle;
	unsigned char data[SIZE];
};

static struct side sides[2];

static int make_node(struct side *owner, struct side *holder)
{
	struct bus1_transfer src = { .flags = BUS1_TRANSFER_FLAG_CREATE, .id = BUS1_INVALID }, dst = { .id = BUS1_INVALID };
	struct bus1_cmd_transfer command = {
		.to = holder->fd,
		.n_transfers = 1,
		.ptr_src = BUS1_FROM_PTR(&src),
		.ptr_dst = BUS1_FROM_PTR(&dst),
	};
	int result = ioctl(owner->fd, BUS1_CMD_TRANSFER, &command);

	holder->handle = dst.id;
	return result;
}

/* Opens the two peers. Returns 0, or a negative errno. */
int32_t ioctls_open(void)
{
	for (int i = 0; i < 2; i++) {
		struct epoll_event edges = { .events = EPOLLIN | EPOLLET };

		sides[i].fd = open("/dev/bus1", O_RDWR | O_CLOEXEC);
		sides[i].epoll = epoll_create1(EPOLL_CLOEXEC);
		if (sides[i].fd < 0 || sides[i].epoll < 0)
			return -errno;
		if (epoll_ctl(sides[i].epoll, EPOLL_CTL_ADD, sides[i].fd, &edges) < 0)
			return -errno;
	}
	if (make_node(&sides[0], &sides[1]) < 0 || make_node(&sides[1], &sides[0]) < 0)
		return -errno;
	return 0;
}

static int send_data(struct side *side)
{
	struct iovec vector = { .iov_base = side->data, .iov_len = SIZE };
	struct bus1_message message = {
		.type = BUS1_MESSAGE_TYPE_USER,
		.n_data = SIZE,
		.n_data_vecs = 1,
		.ptr_data_vecs = BUS1_FROM_PTR(&vector),
	};
	struct bus1_cmd_send command = {
		.n_destinations = 1,
		.ptr_destinations = BUS1_FROM_PTR(&side->handle),
		.ptr_message = BUS1_FROM_PTR(&message),
	};

	return ioctl(side->fd, BUS1_CMD_SEND, &command);
}

static int receive_data(struct side *side)
{
	struct iovec vector = { .iov_base = side->data, .iov_len = SIZE };
	struct bus1_message message = {
		.type = BUS1_INVALID,
		.n_data = SIZE,
		.n_data_vecs = 1,
		.ptr_data_vecs = BUS1_FROM_PTR(&vector),
	};
	struct bus1_metadata metadata;
	struct bus1_cmd_recv command = {
		.ptr_metadata = BUS1_FROM_PTR(&metadata),
		.ptr_message = BUS1_FROM_PTR(&message),
	};

	return ioctl(side->fd, BUS1_CMD_RECV, &command);
}

/* Receives a message; sleeps until there is one. */
static int wait_for_data(struct side *side)
{
	while (receive_data(side) < 0) {
		struct epoll_event event;

		/* With a timeout: a partner that has failed wakes no receiver. */
		if (errno != EAGAIN || epoll_wait(side->epoll, &event, 1, 1000) < 0)
			return -1;
	}
	return 0;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

/* Makes round trips on one thread. Returns the nanoseconds of one, or a negative errno. */
double ioctls_alone(uint32_t count)
{
	double start = now();

	for (uint32_t i = 0; i < count; i++)
		for (int from = 0; from < 2; from++)
			if (send_data(&sides[from]) < 0 || receive_data(&sides[1 - from]) < 0)
				return -errno;
	return (now() - start) / count;
}

/* Asks, and waits for the replies. Returns the nanoseconds of one round trip, or a negative errno. */
double ioctls_ask(uint32_t count)
{
	double start = now();

	for (uint32_t i = 0; i < count; i++)
		if (send_data(&sides[0]) < 0 || wait_for_data(&sides[0]) < 0)
			return -errno;
	return (now() - start) / count;
}

/* Replies to what is asked. Returns 0, or a negative errno. */
int32_t ioctls_reply(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (wait_for_data(&sides[1]) < 0 || send_data(&sides[1]) < 0)
			return -errno;
	return 0;
}
