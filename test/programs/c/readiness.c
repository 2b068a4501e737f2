/*
 * Readiness of descriptors of the device: poll, select and epoll, level-triggered and edge-triggered. With "rfc": a
 * peer that stays readable after its first message (device fault F10), and still has an edge for each message.
 */

#include "device.h"
#include <sys/epoll.h>
#include <sys/select.h>

static int events(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP };

	CHECK(poll(&pollfd, 1, 0) >= 0);
	return pollfd.revents;
}

static void level(int a, int b, uint64_t node, uint64_t handle)
{
	struct timeval none = { 0 };
	uint64_t more_node, more_handle;
	fd_set set;

	for (uint64_t i = 0; i < 3; i++) {
		CHECK(events(b) == POLLOUT);
		send_number(a, handle, i);
		send_number(a, handle, i + 10);
		CHECK(events(b) == (POLLIN | POLLOUT) && events(a) == POLLOUT);
		expect_number(b, node, i);
		CHECK(events(b) == (POLLIN | POLLOUT));
		FD_ZERO(&set);
		FD_SET(b, &set);
		CHECK(select(b + 1, &set, NULL, NULL, &none) == 1);
		expect_number(b, node, i + 10);
		expect_nothing(b);
	}
	/* A discarded message does not make the peer readable. */
	create_node(b, a, &more_node, &more_handle);
	send_number(a, more_handle, 1);
	CHECK(events(b) == (POLLIN | POLLOUT));
	CHECK(release(b, more_node) == 0);
	CHECK(events(b) == POLLOUT);
	expect_release(a, BUS1_MESSAGE_TYPE_NODE_RELEASE, more_handle);
	CHECK(events(a) == POLLOUT);
}

static void edges(int a, int b, uint64_t node, uint64_t handle)
{
	int set = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event edge = { .events = EPOLLIN | EPOLLET, .data.fd = b }, event;

	CHECK(set >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, b, &edge) == 0);
	CHECK(epoll_wait(set, &event, 1, 0) == 0);
	for (uint64_t i = 0; i < 3; i++) {
		send_number(a, handle, i);
		CHECK(epoll_wait(set, &event, 1, 0) == 1 && event.data.fd == b && event.events == EPOLLIN);
		CHECK(epoll_wait(set, &event, 1, 0) == 0);
		expect_number(b, node, i);
		expect_nothing(b);
		CHECK(epoll_wait(set, &event, 1, 0) == 0);
	}
	edge.events = EPOLLIN | EPOLLONESHOT;
	CHECK(epoll_ctl(set, EPOLL_CTL_MOD, b, &edge) == 0);
	send_number(a, handle, 9);
	CHECK(epoll_wait(set, &event, 1, 0) == 1 && epoll_wait(set, &event, 1, 0) == 0);
	CHECK(epoll_ctl(set, EPOLL_CTL_MOD, b, &edge) == 0);
	CHECK(epoll_wait(set, &event, 1, 0) == 1);
	expect_number(b, node, 9);
	close(set);
}

/* A message wakes all waiting processes. */
static void wake_all(int a, int b, uint64_t node, uint64_t handle)
{
	pid_t children[4];

	for (int i = 0; i < 4; i++) {
		children[i] = start();
		if (children[i] == 0) {
			CHECK(readable(b, -1));
			_exit(0);
		}
	}
	usleep(20000);
	send_number(a, handle, 3);
	for (int i = 0; i < 4; i++)
		join(children[i]);
	expect_number(b, node, 3);
}

/* A child and its parent reply to each other; each waits in poll. */
static void ping_pong(int a, int b, uint64_t node, uint64_t handle)
{
	uint64_t back_node, back_handle;
	pid_t child;

	create_node(a, b, &back_node, &back_handle);
	child = start();
	if (child == 0) {
		for (uint64_t i = 0; i < 1000; i++) {
			CHECK(readable(b, -1));
			expect_number(b, node, i);
			send_number(b, back_handle, i);
		}
		_exit(0);
	}
	for (uint64_t i = 0; i < 1000; i++) {
		send_number(a, handle, i);
		CHECK(readable(a, -1));
		expect_number(a, back_node, i);
	}
	join(child);
}

static void stuck(int a, int b, uint64_t node, uint64_t handle)
{
	int set = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event edge = { .events = EPOLLIN | EPOLLET }, event;
	struct received received;

	CHECK(set >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, b, &edge) == 0);
	CHECK(events(b) == POLLOUT);
	for (uint64_t i = 0; i < 3; i++) {
		send_number(a, handle, i);
		CHECK(epoll_wait(set, &event, 1, 0) == 1 && epoll_wait(set, &event, 1, 0) == 0);
		send_number(a, handle, i + 10);
		CHECK(epoll_wait(set, &event, 1, 0) == 1 && epoll_wait(set, &event, 1, 0) == 0);
		expect_number(b, node, i);
		expect_number(b, node, i + 10);
		FAILS(EAGAIN, try_receive(b, &received));
		CHECK(events(b) == (POLLIN | POLLOUT) && epoll_wait(set, &event, 1, 0) == 0);
	}
	/* More messages than the bytes that a socket can hold. */
	for (uint64_t i = 0; i < 2000; i++)
		send_number(a, handle, i);
	CHECK(epoll_wait(set, &event, 1, 0) == 1 && epoll_wait(set, &event, 1, 0) == 0);
	for (uint64_t i = 0; i < 2000; i++)
		expect_number(b, node, i);
	send_number(a, handle, 1);
	CHECK(epoll_wait(set, &event, 1, 0) == 1);
}

int main(int argc, char **argv)
{
	int a = open_device(), b = open_device();
	uint64_t node, handle;

	create_node(b, a, &node, &handle);
	if (argc > 1 && !strcmp(argv[1], "rfc")) {
		stuck(a, b, node, handle);
		return 0;
	}
	level(a, b, node, handle);
	edges(a, b, node, handle);
	wake_all(a, b, node, handle);
	ping_pong(a, b, node, handle);
	close(b);
	CHECK(readable(a, -1));
	expect_release(a, BUS1_MESSAGE_TYPE_NODE_RELEASE, handle);
	return 0;
}
