/*
 * A call that crashes the kernel module of the RFC (device fault F5): SEND of a message of an unknown type. With its
 * quirks, the call kills the process, and so does the next call on the same open file that needs the lock of the peer.
 */

#include "device.h"

static void fault(int fd)
{
	uint64_t node, handle;
	struct bus1_message message = { .type = 77 };
	int32_t errors[2];
	struct bus1_cmd_send send = { .n_destinations = 1,
				      .ptr_destinations = BUS1_FROM_PTR(&handle),
				      .ptr_errors = BUS1_FROM_PTR(errors),
				      .ptr_message = BUS1_FROM_PTR(&message) };

	create_node(fd, fd, &node, &handle);
	FAILS(EINVAL, ioctl(fd, BUS1_CMD_SEND, &send));
	_exit(0);
}

static void any_call(int fd)
{
	struct bus1_message message = { .type = BUS1_INVALID };
	struct bus1_cmd_recv recv = { .ptr_message = BUS1_FROM_PTR(&message) };

	ioctl(fd, BUS1_CMD_RECV, &recv);
	_exit(0);
}

int main(void)
{
	void (*const calls[])(int) = { fault, any_call };
	int fd = open_device(), status;

	for (int i = 0; i < 2; i++) {
		pid_t child = start();

		if (child == 0)
			calls[i](fd);
		CHECK(waitpid(child, &status, 0) == child);
		printf("%d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
	CHECK(!readable(fd, 0)); /* poll still works */
	close(open_device());
	return 0;
}
