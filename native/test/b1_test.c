/*
 * The object API as a C program sees it: compiled against b1.h, linked with the real shared object.
 */

#include <b1.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                   \
	do {                                                                               \
		if (!(condition)) {                                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

static void expect_nothing_left(void)
{
	struct b1_live_counts counts;

	b1_live_counts(&counts);
	CHECK(counts.peers == 0 && counts.nodes == 0 && counts.handles == 0);
	CHECK(counts.messages == 0 && counts.bytes == 0);
}

static void finish(struct b1_peer *peer)
{
	b1_peer_end(peer);
	CHECK(!b1_peer_unref(peer));
}

static int send_text(struct b1_peer *peer, struct b1_handle *to, uint64_t n, struct b1_handle **transfers,
		     const char *text)
{
	struct b1_message_shared *shared = b1_message_shared_new(strlen(text), text);
	struct b1_op *op = b1_op_new(peer);
	int r;

	CHECK(shared && op);
	r = b1_op_send_message(op, to, n, transfers, shared);
	b1_message_shared_unref(shared);
	if (r) {
		b1_op_free(op);
		return r;
	}
	return b1_op_commit(op);
}

static void expect_text(struct b1_peer_peek *peek, struct b1_node *node, const char *text)
{
	CHECK(peek->type == B1_MESSAGE_TYPE_USER && peek->u.user.node == node);
	CHECK(peek->u.user.n_data == strlen(text));
	CHECK(!memcmp(peek->u.user.data, text, strlen(text)));
}

static void test_message_and_releases(void)
{
	struct b1_peer *server = b1_peer_new(NULL, NULL), *client = b1_peer_new(NULL, NULL);
	struct b1_handle *handle, *reply, *copy;
	struct b1_node *node, *reply_node;
	struct b1_peer_peek peek;
	struct b1_op *op;

	node = b1_peer_new_node(server, client, &handle);
	reply_node = b1_peer_new_node(client, client, &reply);
	CHECK(node && reply_node);
	b1_node_set_userdata(node, &peek);
	CHECK(b1_node_get_userdata(node) == &peek);

	/* An object of somebody else is not the operator's. */
	CHECK(send_text(server, handle, 0, NULL, "no") == -ENOTRECOVERABLE);

	CHECK(!b1_peer_readable(server) && !b1_peer_peek(server, &peek));
	CHECK(send_text(client, handle, 1, &reply, "ping") == 0);
	CHECK(b1_peer_readable(server) && b1_peer_peek(server, &peek) && b1_peer_peek(server, &peek));
	expect_text(&peek, node, "ping");
	CHECK(peek.u.user.n_transfers == 1);
	copy = b1_handle_ref(peek.u.user.transfers[0]);
	b1_peer_pop(server);
	b1_peer_pop(server);
	CHECK(!b1_peer_readable(server));
	CHECK(send_text(server, copy, 0, NULL, "pong") == 0);
	CHECK(b1_peer_peek(client, &peek));
	expect_text(&peek, reply_node, "pong");
	b1_peer_pop(client);

	/* Each handle release is told; the last with remaining 0. */
	op = b1_op_new(server);
	CHECK(b1_op_release_handle(op, copy) == 0 && b1_op_release_handle(op, copy) == 0);
	CHECK(b1_op_commit(op) == 0);
	op = b1_op_new(server);
	CHECK(b1_op_release_handle(op, copy) == -EBADRQC);
	b1_op_free(op);
	CHECK(b1_peer_peek(client, &peek) && peek.type == B1_MESSAGE_TYPE_HANDLE_RELEASE);
	CHECK(peek.u.handle_release.node == reply_node && peek.u.handle_release.remaining == 1);
	b1_peer_pop(client);
	op = b1_op_new(client);
	CHECK(b1_op_release_handle(op, reply) == 0 && b1_op_commit(op) == 0);
	CHECK(b1_peer_peek(client, &peek) && peek.type == B1_MESSAGE_TYPE_HANDLE_RELEASE);
	CHECK(peek.u.handle_release.remaining == 0);
	b1_peer_pop(client);

	/* A commit looks once more. */
	op = b1_op_new(client);
	CHECK(b1_op_release_handle(op, handle) == 0);
	finish(server);
	CHECK(b1_peer_peek(client, &peek) && peek.type == B1_MESSAGE_TYPE_NODE_RELEASE);
	CHECK(peek.u.node_release.handle == handle);
	b1_peer_pop(client);
	CHECK(b1_op_commit(op) == -EBADRQC);

	op = b1_op_new(client);
	b1_peer_end(client);
	CHECK(b1_op_commit(op) == -ESHUTDOWN);
	CHECK(!b1_peer_readable(client) && !b1_peer_peek(client, &peek));

	/* What is made on a peer that has ended is born released. */
	b1_node_unref(node);
	b1_handle_unref(handle);
	node = b1_peer_new_node(client, client, &handle);
	CHECK(node && handle);

	b1_node_unref(node);
	b1_node_unref(reply_node);
	b1_handle_unref(handle);
	b1_handle_unref(reply);
	b1_handle_unref(copy);
	b1_peer_unref(client);
	expect_nothing_left();
}

enum { ROUNDS = 20000 };

struct echo {
	struct b1_waitq *waitq;
	struct b1_peer *peer;
	struct b1_handle *to;
};

static void *echo(void *userdata)
{
	struct echo *e = userdata;
	struct b1_peer_peek peek;

	for (;;) {
		int r = b1_waitq_wait(e->waitq, 1, &e->peer, -1);

		if (r == -ESHUTDOWN)
			return NULL;
		CHECK(r == 0);
		while (b1_peer_peek(e->peer, &peek)) {
			CHECK(peek.type == B1_MESSAGE_TYPE_USER);
			b1_peer_pop(e->peer);
			CHECK(send_text(e->peer, e->to, 0, NULL, "echo") == 0);
		}
	}
}

static void test_waiting(void)
{
	struct b1_waitq *here = b1_waitq_new(), *there = b1_waitq_new();
	struct b1_peer *a = b1_peer_new(NULL, here), *b = b1_peer_new(NULL, there), *idle = b1_peer_new(NULL, here);
	struct b1_peer *mine[] = { idle, a };
	struct b1_handle *to_b, *to_a;
	struct b1_node *in_b = b1_peer_new_node(b, a, &to_b), *in_a = b1_peer_new_node(a, b, &to_a);
	struct echo e = { there, b, to_a };
	struct b1_peer_peek peek;
	pthread_t thread;
	int i;

	CHECK(b1_waitq_wait(here, 2, mine, 1000000) == -EAGAIN);
	CHECK(b1_waitq_wait(there, 2, mine, 0) == -EINVAL);
	CHECK(!pthread_create(&thread, NULL, echo, &e));
	for (i = 0; i < ROUNDS; i++) {
		CHECK(send_text(a, to_b, 0, NULL, "hello") == 0);
		CHECK(b1_waitq_wait(here, 2, mine, -1) == 1);
		CHECK(b1_peer_peek(a, &peek));
		expect_text(&peek, in_a, "echo");
		b1_peer_pop(a);
	}
	/* From another thread, while the operator waits. */
	b1_peer_end(b);
	CHECK(!pthread_join(thread, NULL));
	b1_peer_unref(b);
	finish(a);
	finish(idle);
	b1_node_unref(in_a);
	b1_node_unref(in_b);
	b1_handle_unref(to_a);
	b1_handle_unref(to_b);
	CHECK(!b1_waitq_unref(here) && !b1_waitq_unref(there));
	expect_nothing_left();
}

static void count(void *userdata)
{
	++*(int *)userdata;
}

static void test_callback(void)
{
	int calls = 0;
	struct b1_waitq *waitq = b1_waitq_new_callback(count, &calls);
	struct b1_peer *peer = b1_peer_new(NULL, waitq);
	struct b1_handle *handle;
	struct b1_node *node = b1_peer_new_node(peer, peer, &handle);

	CHECK(send_text(peer, handle, 0, NULL, "nobody is told") == 0 && calls == 0);
	b1_waitq_arm(waitq);
	CHECK(b1_peer_readable(peer));
	CHECK(send_text(peer, handle, 0, NULL, "once") == 0 && calls == 1);
	CHECK(send_text(peer, handle, 0, NULL, "not twice") == 0 && calls == 1);
	b1_node_unref(node);
	b1_handle_unref(handle);
	finish(peer);
	b1_waitq_unref(waitq);
	expect_nothing_left();
}

int main(void)
{
	test_message_and_releases();
	test_waiting();
	test_callback();
	puts("3 passed, 0 failed");
	return 0;
}
