/*
 * A grandchild that leaves the terminal and outlives the program: the device is still served. The grandchild writes
 * "served" to the file that the argument names.
 */

#include "device.h"
#include <sys/stat.h>

static void outlive(int out, int fd)
{
	uint64_t node, handle, other_node, other_handle;
	int other;

	CHECK(setsid() > 0);
	for (int i = 0; i < 3; i++)
		close(i);
	usleep(300000);
	other = open_device();
	create_node(fd, other, &node, &handle);
	create_node(other, fd, &other_node, &other_handle);
	send_number(other, handle, 1);
	CHECK(readable(fd, 0));
	expect_number(fd, node, 1);
	close(other);
	expect_release(fd, BUS1_MESSAGE_TYPE_NODE_RELEASE, other_handle);
	expect_release(fd, BUS1_MESSAGE_TYPE_HANDLE_RELEASE, node);
	CHECK(dprintf(out, "served\n") == 7);
	_exit(0);
}

int main(int argc, char **argv)
{
	int fd = open_device(), out;

	CHECK(argc == 2);
	out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(out >= 0);
	if (start() == 0) {
		if (start() == 0)
			outlive(out, fd);
		_exit(0);
	}
	return 5;
}
