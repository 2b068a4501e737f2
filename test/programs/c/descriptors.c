/*
 * Descriptors of the device behave as descriptors: all forms of open, dup, fork, exec and close. Other files are not
 * affected.
 */

#include "device.h"
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <termios.h>

static void forms_of_open(void)
{
	struct open_how how = { .flags = O_RDWR };
	char path[] = "/dev/bus1";
	uint64_t node, handle;
	int fds[] = {
		syscall(SYS_openat, AT_FDCWD, path, O_RDWR),
		syscall(SYS_openat, -1, path, O_RDONLY | O_NONBLOCK),
		syscall(SYS_openat2, 1, path, &how, sizeof(how)),
#ifdef SYS_open
		syscall(SYS_open, path, O_RDWR | O_CREAT, 0600),
#endif
		open(path, O_WRONLY | O_TRUNC | O_NOCTTY | O_NOFOLLOW),
	};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		CHECK(fds[i] > 2);
		create_node(fds[i], fds[0], &node, &handle);
		CHECK(fcntl(fds[i], F_GETFD) == 0);
	}
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		CHECK(close(fds[i]) == 0);
	fds[0] = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fcntl(fds[0], F_GETFD) == FD_CLOEXEC);
	close(fds[0]);
}

static void opens_that_fail(void)
{
	struct open_how how = { .flags = O_RDWR, .mode = 0600 };
	struct rlimit limit, less;
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct bus1_cmd_recv recv = { 0 };
	int fd;

	FAILS(EEXIST, open("/dev/bus1", O_RDWR | O_CREAT | O_EXCL, 0600));
	FAILS(ENOTDIR, open("/dev/bus1", O_RDONLY | O_DIRECTORY));
	FAILS(ENOENT, open("/dev/bus1x", O_RDWR));
	FAILS(ENOENT, open("/dev/bus", O_RDWR));
	FAILS(ENOENT, open("", O_RDWR));
	FAILS(EFAULT, syscall(SYS_openat, AT_FDCWD, NULL, O_RDWR));
	FAILS(EINVAL, syscall(SYS_openat2, AT_FDCWD, "/dev/bus1", &how, sizeof(how)));
	FAILS(EINVAL, syscall(SYS_openat2, AT_FDCWD, "/dev/bus1", &how, 8));
	FAILS(EFAULT, syscall(SYS_openat2, AT_FDCWD, "/dev/bus1", NULL, sizeof(how)));
	how = (struct open_how){ .flags = O_RDWR, .resolve = RESOLVE_BENEATH };
	FAILS(EXDEV, syscall(SYS_openat2, AT_FDCWD, "/dev/bus1", &how, sizeof(how)));

	/* The path ends with the last mapped page, or continues after it. */
	CHECK(page != MAP_FAILED && munmap(page + 4096, 4096) == 0);
	fd = open(strcpy(page + 4096 - sizeof("/dev/bus1"), "/dev/bus1"), O_RDWR);
	CHECK(fd > 2 && close(fd) == 0);
	memcpy(page + 4096 - strlen("/dev/bus1"), "/dev/bus1", strlen("/dev/bus1"));
	FAILS(EFAULT, open(page + 4096 - strlen("/dev/bus1"), O_RDWR));

	/* Calls on an O_PATH descriptor fail. */
	fd = open("/dev/bus1", O_PATH);
	CHECK(fd > 2);
	FAILS(EBADF, ioctl(fd, BUS1_CMD_RECV, &recv));
	CHECK(close(fd) == 0);
	FAILS(ENOTDIR, open("/dev/bus1", O_PATH | O_DIRECTORY));

	/* The descriptor limit of the program. */
	fd = open("/dev/null", O_RDONLY);
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	less = (struct rlimit){ fd + 1, limit.rlim_max };
	CHECK(setrlimit(RLIMIT_NOFILE, &less) == 0);
	FAILS(EMFILE, open("/dev/bus1", O_RDWR));
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0 && close(fd) == 0);
}

static void other_files(void)
{
	struct bus1_cmd_recv recv = { 0 };
	struct winsize size;
	int ends[2], n;

	CHECK(pipe(ends) == 0 && write(ends[1], "abc", 3) == 3);
	CHECK(ioctl(ends[0], FIONREAD, &n) == 0 && n == 3);
	FAILS(ENOTTY, ioctl(ends[0], TIOCGWINSZ, &size));
	FAILS(ENOTTY, ioctl(ends[0], BUS1_CMD_RECV, &recv));
	FAILS(ENOTTY, ioctl(ends[0], _IO(BUS1_IOCTL_MAGIC, 200), &recv));
	FAILS(EBADF, ioctl(999, BUS1_CMD_RECV, &recv));
	FAILS(EBADF, ioctl(-1, BUS1_CMD_RECV, &recv));
	close(ends[0]);
	close(ends[1]);
}

/* `to` only accepts descriptors of the caller that refer to the device. */
static void descriptors_in_transfers(void)
{
	struct bus1_transfer src = { .flags = BUS1_TRANSFER_FLAG_CREATE, .id = BUS1_INVALID }, dst;
	struct bus1_cmd_transfer transfer = {
		.n_transfers = 1, .ptr_src = BUS1_FROM_PTR(&src), .ptr_dst = BUS1_FROM_PTR(&dst)
	};
	int fd = open_device(), same = dup(fd), null = open("/dev/null", O_RDWR), path = open("/dev/bus1", O_PATH);

	transfer.to = 999;
	FAILS(EBADF, ioctl(fd, BUS1_CMD_TRANSFER, &transfer));
	transfer.to = (uint64_t)1 << 32 | fd;
	FAILS(EBADF, ioctl(fd, BUS1_CMD_TRANSFER, &transfer));
	transfer.to = path;
	FAILS(EBADF, ioctl(fd, BUS1_CMD_TRANSFER, &transfer));
	transfer.to = null;
	FAILS(EOPNOTSUPP, ioctl(fd, BUS1_CMD_TRANSFER, &transfer));
	transfer.to = same;
	CHECK(ioctl(fd, BUS1_CMD_TRANSFER, &transfer) == 0 && src.id == 1 && dst.id == 3);
	send_number(same, dst.id, 5);
	expect_number(fd, src.id, 5);
	close(fd);
	close(same);
	close(null);
	close(path);
}

static void last_close(void)
{
	int a = open_device(), b = open_device(), copy = dup(b);
	uint64_t node, handle;
	pid_t child;

	create_node(b, a, &node, &handle);
	CHECK(dup2(copy, b) == b);
	close(b);
	expect_nothing(a);
	child = start();
	if (child == 0) { /* the same open file, which lives until the last close */
		send_number(a, handle, 1);
		expect_number(copy, node, 1);
		close(a);
		_exit(0);
	}
	join(child);
	send_number(a, handle, 2);
	expect_number(copy, node, 2);

	child = start();
	if (child == 0) {
		close(copy);
		_exit(0);
	}
	join(child);
	expect_nothing(a);
	CHECK(close(copy) == 0);
	expect_release(a, BUS1_MESSAGE_TYPE_NODE_RELEASE, handle);
	close(a);
}

/* A close in another process takes effect before later calls of this one. */
static void close_of_others(void)
{
	int a = open_device(), b = open_device();
	uint64_t node, handle;
	pid_t child;

	create_node(b, a, &node, &handle);
	child = start();
	close(b);
	if (child == 0)
		_exit(0);
	join(child);
	expect_release(a, BUS1_MESSAGE_TYPE_NODE_RELEASE, handle);
	close(a);
}

static void execute(const char *self)
{
	int kept = open("/dev/bus1", O_RDWR), closed = open_device();
	uint64_t node, handle;
	char numbers[2][16];
	pid_t child;

	create_node(kept, kept, &node, &handle);
	CHECK(node == 1 && handle == 3);
	snprintf(numbers[0], sizeof(numbers[0]), "%d", kept);
	snprintf(numbers[1], sizeof(numbers[1]), "%d", closed);
	child = start();
	if (child == 0) {
		execl(self, self, numbers[0], numbers[1], NULL);
		_exit(1);
	}
	join(child);
	expect_number(kept, node, 99);
	close(kept);
	close(closed);
}

static int executed(int kept, int closed)
{
	struct bus1_cmd_recv recv = { 0 };

	send_number(kept, 3, 99);
	FAILS(EBADF, ioctl(closed, BUS1_CMD_RECV, &recv));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return executed(atoi(argv[1]), atoi(argv[2]));
	forms_of_open();
	opens_that_fail();
	other_files();
	descriptors_in_transfers();
	last_close();
	close_of_others();
	execute(argv[0]);
	return 0;
}
