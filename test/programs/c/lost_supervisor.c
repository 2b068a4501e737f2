/*
 * The supervisor is killed while the program waits in poll: poll reports a hang-up, and later calls fail. Prints the id
 * of the serving process, then "hung up".
 */

#include "device.h"

int main(void)
{
	int a = open_device(), b = open_device();
	uint64_t node, handle;
	struct pollfd pollfd = { .fd = a, .events = POLLIN };
	struct bus1_cmd_recv recv = { 0 };

	create_node(a, b, &node, &handle);
	printf("%d\n", getppid());
	fflush(stdout);
	CHECK(poll(&pollfd, 1, -1) == 1 && (pollfd.revents & POLLHUP));
	FAILS(ENOSYS, ioctl(a, BUS1_CMD_RECV, &recv));
	FAILS(ENOSYS, open("/dev/bus1", O_RDWR));
	FAILS(ENOSYS, open("/dev/null", O_RDWR));
	CHECK(close(a) == 0 && close(b) == 0);
	printf("hung up\n");
	return 9;
}
