/*
 * A signal every 50 microseconds, in calls that are served and in other calls: no call runs twice, and all results are
 * correct. With "restart", the handler restarts calls; without it, a call can fail with EINTR, and then had no effect.
 */

#include "device.h"
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t n_signals;

static void count(int signal)
{
	(void)signal;
	n_signals++;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = count };
	struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { 0 };
	int fd = open_device(), null;
	uint64_t node, handle, id = 5, interrupted = 0;
	bool restart = argc > 1 && !strcmp(argv[1], "restart");
	struct received received;
	time_t end = time(NULL) + 2;

	create_node(fd, fd, &node, &handle);
	action.sa_flags = restart ? SA_RESTART : 0;
	CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (uint64_t i = 0; time(NULL) < end; i++) {
		struct bus1_transfer src = { .flags = BUS1_TRANSFER_FLAG_CREATE, .id = BUS1_INVALID }, dst = { 0 };
		struct bus1_cmd_transfer transfer = { .to = BUS1_INVALID,
						      .n_transfers = 1,
						      .ptr_src = BUS1_FROM_PTR(&src),
						      .ptr_dst = BUS1_FROM_PTR(&dst) };

		/* A call that ran twice would skip ids, */
		while (ioctl(fd, BUS1_CMD_TRANSFER, &transfer) != 0) {
			CHECK(errno == EINTR && !restart);
			interrupted++;
		}
		CHECK(src.id == id && dst.id == id + 2);
		id += 4;
		CHECK(release(fd, src.id) == 0);
		CHECK(try_receive(fd, &received) == 1);
		CHECK(received.type == BUS1_MESSAGE_TYPE_NODE_RELEASE && received.id == dst.id);

		/* or send or receive another message. */
		CHECK(try_send(fd, handle, i, 0) == 0);
		CHECK(try_receive(fd, &received) == 1 && received.number == i);
		FAILS(EAGAIN, try_receive(fd, &received));

		null = open("/dev/null", O_RDONLY);
		CHECK(null >= 0 || (errno == EINTR && !restart));
		if (null >= 0)
			close(null);
	}
	CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
	CHECK(n_signals > 1000);
	CHECK(restart || interrupted > 0);
	return 0;
}
