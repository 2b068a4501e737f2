/*
 * Many open files at once: the number that the argument gives, or as many as the supervisor can have. Beyond that, open
 * fails with ENFILE, and the open files still work. Prints the number of open files.
 */

#include "device.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 10000, opened = 0, *fds = calloc(n, sizeof(*fds));
	struct rlimit limit;
	uint64_t node, handle;

	CHECK(fds && getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	while (opened < n && (fds[opened] = open("/dev/bus1", O_RDWR | O_CLOEXEC)) >= 0)
		opened++;
	CHECK(opened == n || errno == ENFILE);
	printf("%d\n", opened);
	for (int i = 0; i < opened; i++) {
		create_node(fds[i], fds[(i + 1) % opened], &node, &handle);
		CHECK(node == (i == 0 ? 1 : 3) && handle == (i == opened - 1 ? 3 : 1));
	}
	for (int i = 0; i < opened; i++) {
		send_number(fds[(i + 1) % opened], i == opened - 1 ? 3 : 1, i);
		CHECK(readable(fds[i], 0));
	}
	for (int i = 1; i < opened; i++)
		CHECK(close(fds[i]) == 0);
	expect_number(fds[0], 1, 0);
	expect_release(fds[0], BUS1_MESSAGE_TYPE_HANDLE_RELEASE, 1);
	expect_release(fds[0], BUS1_MESSAGE_TYPE_NODE_RELEASE, 3);
	CHECK(close(fds[0]) == 0);
	close(open_device());
	return 0;
}
