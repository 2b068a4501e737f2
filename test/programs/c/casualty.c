/*
 * Two processes exchange 10,000 messages, with handles in them; one of them is killed at a random moment; and the other
 * always learns of it. So many times as the argument says.
 */

#include "device.h"
#include <signal.h>
#include <time.h>

#define N_MESSAGES 10000

/* One of the two: sends its half of the messages, some of them with a new handle, answers on every handle that it gets,
 * and goes on until the other one is gone. */
static void exchange(int fd, uint64_t node, uint64_t handle)
{
	uint64_t sent = 0, next = 0, reply_node, reply;
	bool node_is_gone = false, handle_is_gone = false;
	struct received received;

	while (!node_is_gone || !handle_is_gone) {
		if (sent < N_MESSAGES / 2 && !node_is_gone) {
			reply = 0;
			if (sent % 4 == 0)
				create_node(fd, fd, &reply_node, &reply);
			CHECK(try_send(fd, handle, sent++, reply) == 0);
			if (reply)
				CHECK(release(fd, reply) == 0);
		} else {
			CHECK(readable(fd, -1));
		}
		if (try_receive(fd, &received) < 0) {
			CHECK(errno == EAGAIN);
			continue;
		}
		switch (received.type) {
		case BUS1_MESSAGE_TYPE_USER:
			if (received.id == node)
				CHECK(received.number == next++); /* none is lost, none comes twice */
			if (received.handle) {
				CHECK(try_send(fd, received.handle, received.number, 0) == 0);
				CHECK(release(fd, received.handle) == 0);
			}
			break;
		case BUS1_MESSAGE_TYPE_NODE_RELEASE:
			if (received.id == handle)
				node_is_gone = true;
			break;
		case BUS1_MESSAGE_TYPE_HANDLE_RELEASE:
			if (received.id == node)
				handle_is_gone = true;
			else
				CHECK(release(fd, received.id) < 0 && errno == EBADRQC);
			break;
		}
	}
	/* The rest of what the other one's end has brought. */
	while (try_receive(fd, &received) == 1)
		CHECK(received.type != BUS1_MESSAGE_TYPE_USER);
	expect_nothing(fd);
	_exit(0);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* Answers how long it took, in microseconds. */
static long round_of(long delay)
{
	int fds[2] = { open_device(), open_device() }, victim = rand() % 2, status;
	uint64_t nodes[2], handles[2];
	pid_t pids[2];
	long start_time = now();

	for (int i = 0; i < 2; i++)
		create_node(fds[i], fds[1 - i], &nodes[i], &handles[1 - i]);
	for (int i = 0; i < 2; i++) {
		pids[i] = start();
		if (pids[i] == 0) {
			close(fds[1 - i]);
			exchange(fds[i], nodes[i], handles[i]);
		}
	}
	close(fds[0]);
	close(fds[1]);
	usleep(delay);
	CHECK(kill(pids[victim], SIGKILL) == 0);
	CHECK(waitpid(pids[victim], &status, 0) == pids[victim] && WIFSIGNALED(status));
	join(pids[1 - victim]);
	return now() - start_time;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;
	unsigned seed = argc > 2 ? atoi(argv[2]) : 1;

	srand(seed);
	for (int i = 0; i < rounds; i++)
		round_of(rand() % 300000);
	return 0;
}
