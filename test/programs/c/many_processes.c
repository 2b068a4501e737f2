/*
 * 64 concurrent processes: each sends to one peer, in order, receives a reply to each message, and opens and closes
 * peers. Every third process is killed in the middle of its calls, which does not affect the others. At the end, the
 * one peer has been notified of the end of all others.
 */

#include "device.h"
#include <signal.h>

#define N_PROCESSES 64
#define N_MESSAGES 100

static bool is_victim(int i)
{
	return i % 3 == 0;
}

static void child(int fd, uint64_t to, uint64_t node, bool victim)
{
	for (uint64_t i = 0; victim || i < N_MESSAGES; i++) {
		send_number(fd, to, i);
		CHECK(readable(fd, -1));
		expect_number(fd, node, i);
		close(open_device());
	}
	_exit(0);
}

int main(void)
{
	int own = open_device(), peers[N_PROCESSES];
	pid_t pids[N_PROCESSES];
	uint64_t nodes[N_PROCESSES], handles[N_PROCESSES], back_nodes[N_PROCESSES], backs[N_PROCESSES];
	uint64_t next[N_PROCESSES] = { 0 };
	int ended[N_PROCESSES] = { 0 }, n_ended = 0;

	for (int i = 0; i < N_PROCESSES; i++) {
		peers[i] = open_device();
		create_node(own, peers[i], &nodes[i], &handles[i]);
		create_node(peers[i], own, &back_nodes[i], &backs[i]);
	}
	for (int i = 0; i < N_PROCESSES; i++) {
		pids[i] = start();
		if (pids[i] == 0) {
			for (int j = 0; j < N_PROCESSES; j++)
				if (j != i)
					close(peers[j]);
			close(own);
			child(peers[i], handles[i], back_nodes[i], is_victim(i));
		}
	}
	for (int i = 0; i < N_PROCESSES; i++)
		close(peers[i]);

	while (n_ended < 2 * N_PROCESSES) {
		struct received received = receive(own);
		int i = 0;

		if (received.type == BUS1_MESSAGE_TYPE_NODE_RELEASE) {
			while (backs[i] != received.id)
				CHECK(++i < N_PROCESSES);
		} else {
			while (nodes[i] != received.id)
				CHECK(++i < N_PROCESSES);
		}
		if (received.type == BUS1_MESSAGE_TYPE_USER) {
			CHECK(received.number == next[i]++ && ended[i] == 0);
			CHECK(try_send(own, backs[i], received.number, 0) == 0);
			if (is_victim(i) && next[i] == N_MESSAGES - (uint64_t)i)
				CHECK(kill(pids[i], SIGKILL) == 0);
		} else {
			/* At the end of a peer, its nodes are released first, then its handles. */
			CHECK(ended[i]++ == (received.type == BUS1_MESSAGE_TYPE_HANDLE_RELEASE));
			n_ended++;
		}
	}
	expect_nothing(own);
	for (int i = 0; i < N_PROCESSES; i++) {
		int status;

		CHECK(waitpid(pids[i], &status, 0) == pids[i]);
		CHECK(is_victim(i) ? WIFSIGNALED(status) : status == 0 && next[i] == N_MESSAGES);
	}
	return 0;
}
