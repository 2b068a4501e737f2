/*
 * Two processes exchange 10,000 messages with handles. One of them is killed at a random moment, and the other is
 * always notified. The arguments are the number of rounds and the seed.
 */

#include "device.h"
#include <signal.h>

#define N_MESSAGES 10000

/*
 * One of the two: sends its half of the messages, every fourth with a new handle, sends a reply through each handle
 * that it receives, and continues until the other process has ended.
 */
static void exchange(int fd, uint64_t node, uint64_t handle)
{
	uint64_t sent = 0, next = 0, reply_node, reply;
	bool node_is_released = false, handle_is_released = false;
	struct received received;

	while (!node_is_released || !handle_is_released) {
		if (sent < N_MESSAGES / 2 && !node_is_released) {
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
				CHECK(received.number == next++); /* no message is lost or received twice */
			if (received.handle) {
				CHECK(try_send(fd, received.handle, received.number, 0) == 0);
				CHECK(release(fd, received.handle) == 0);
			}
			break;
		case BUS1_MESSAGE_TYPE_NODE_RELEASE:
			if (received.id == handle)
				node_is_released = true;
			break;
		case BUS1_MESSAGE_TYPE_HANDLE_RELEASE:
			if (received.id == node)
				handle_is_released = true;
			else
				CHECK(release(fd, received.id) < 0 && errno == EBADRQC);
			break;
		}
	}
	/* The rest of the releases of the other peer's end. */
	while (try_receive(fd, &received) == 1)
		CHECK(received.type != BUS1_MESSAGE_TYPE_USER);
	expect_nothing(fd);
	_exit(0);
}

/* Runs one round: kills one of the processes after `delay` microseconds. */
static void run_round(long delay)
{
	int fds[2] = { open_device(), open_device() }, victim = rand() % 2, status;
	uint64_t nodes[2], handles[2];
	pid_t pids[2];

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
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;
	unsigned seed = argc > 2 ? atoi(argv[2]) : 1;

	srand(seed);
	for (int i = 0; i < rounds; i++)
		run_round(rand() % 300000); /* most rounds end before all messages are exchanged */
	return 0;
}
