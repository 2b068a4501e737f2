/*
 * Calls of threads: concurrent ones on their own peers and on a shared peer, calls of threads that make one call only,
 * and, without an argument, calls of a thread that outlives the first thread.
 */

#include "device.h"
#include <pthread.h>

#define N_THREADS 8
#define N_MESSAGES 500
#define N_SHORT 600

static int own, peers[N_THREADS];
static uint64_t nodes[N_THREADS], handles[N_THREADS], shared_node, shared_handle;

static void *send_some(void *argument)
{
	size_t i = (size_t)argument;

	for (uint64_t n = 0; n < N_MESSAGES; n++) {
		send_number(peers[i], handles[i], n);
		send_number(own, shared_handle, i);
	}
	return NULL;
}

static void *send_one(void *argument)
{
	send_number(own, shared_handle, (size_t)argument);
	return NULL;
}

static void many_threads(void)
{
	pthread_t threads[N_THREADS];
	uint64_t next[N_THREADS] = { 0 }, shared[N_THREADS] = { 0 };

	for (size_t i = 0; i < N_THREADS; i++) {
		peers[i] = open_device();
		create_node(own, peers[i], &nodes[i], &handles[i]);
	}
	for (size_t i = 0; i < N_THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, send_some, (void *)i) == 0);
	for (int n = 0; n < 2 * N_THREADS * N_MESSAGES; n++) {
		struct received received = receive(own);

		CHECK(received.type == BUS1_MESSAGE_TYPE_USER);
		if (received.id == shared_node) {
			shared[received.number]++;
			continue;
		}
		for (size_t i = 0; i < N_THREADS; i++)
			if (received.id == nodes[i])
				CHECK(received.number == next[i]++);
	}
	expect_nothing(own);
	for (size_t i = 0; i < N_THREADS; i++) {
		CHECK(pthread_join(threads[i], NULL) == 0);
		CHECK(next[i] == N_MESSAGES && shared[i] == N_MESSAGES);
	}
}

static void short_threads(void)
{
	for (size_t i = 0; i < N_SHORT; i++) {
		pthread_t thread;

		CHECK(pthread_create(&thread, NULL, send_one, (void *)i) == 0 && pthread_join(thread, NULL) == 0);
		expect_number(own, shared_node, i);
	}
}

static void *last(void *first)
{
	/* The first thread has ended, and the process has not. */
	CHECK(pthread_join(*(pthread_t *)first, NULL) == 0);
	send_number(own, shared_handle, 1);
	expect_number(own, shared_node, 1);
	close(open_device());
	exit(0);
}

int main(int argc, char **argv)
{
	static pthread_t self;
	pthread_t thread;

	(void)argv;
	own = open_device();
	create_node(own, own, &shared_node, &shared_handle);
	many_threads();
	short_threads();
	if (argc > 1)
		return 0;
	self = pthread_self();
	CHECK(pthread_create(&thread, NULL, last, &self) == 0);
	pthread_exit(NULL);
}
