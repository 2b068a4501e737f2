/*
 * Descriptors of the device that are sent over a socket: another process receives the peer, and while a descriptor is
 * in flight, the socket keeps the peer alive.
 */

#include "device.h"

/* A parent gives a handle to a peer of its child, and the child uses the handle. */
static void another_process(void)
{
	int pair[2], own = open_device(), theirs;
	uint64_t node, handle;
	pid_t child;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	child = start();
	if (child == 0) {
		int fd = open_device();

		send_descriptor(pair[1], fd);
		CHECK(read(pair[1], &handle, sizeof(handle)) == sizeof(handle));
		send_number(fd, handle, 7);
		CHECK(readable(fd, -1));
		expect_release(fd, BUS1_MESSAGE_TYPE_NODE_RELEASE, handle);
		_exit(0);
	}
	theirs = receive_descriptor(pair[0]);
	create_node(own, theirs, &node, &handle);
	close(theirs);
	CHECK(write(pair[0], &handle, sizeof(handle)) == sizeof(handle));
	expect_number(own, node, 7);
	CHECK(release(own, node) == 0);
	join(child);
	close(pair[0]);
	close(pair[1]);
	close(own);
}

static void in_flight(void)
{
	int pair[2], own = open_device(), sent = open_device();
	uint64_t node, handle, other_node, other_handle;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	create_node(sent, own, &node, &handle);
	create_node(own, sent, &other_node, &other_handle);
	send_descriptor(pair[0], sent);
	close(sent);
	send_number(own, handle, 1);
	expect_nothing(own);
	sent = receive_descriptor(pair[1]);
	expect_number(sent, node, 1);

	/* The descriptor is not received: the peer ends with the socket. */
	send_descriptor(pair[0], sent);
	close(sent);
	expect_nothing(own);
	close(pair[1]);
	close(pair[0]);
	CHECK(readable(own, -1));
	expect_release(own, BUS1_MESSAGE_TYPE_NODE_RELEASE, handle);
	expect_release(own, BUS1_MESSAGE_TYPE_HANDLE_RELEASE, other_node);
	close(own);
}

int main(void)
{
	another_process();
	in_flight();
	return 0;
}
