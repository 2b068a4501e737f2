/*
 * Tests the object API from C: compiled with b1.h, and linked with the shared library.
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

	/* The operator cannot use another peer's object. */
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

	/* Each handle release is received; the last with remaining 0. */
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

	/* The commit checks the objects once more. */
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

	/* An object that is made on an ended peer is released from the start. */
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

	CHECK(send_text(peer, handle, 0, NULL, "no call") == 0 && calls == 0);
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

static void test_accounting(void)
{
	const uint64_t maxima[B1_ACCT_SLOT_N] = { 40, 1000 };
	struct b1_acct *acct = b1_acct_new(maxima);
	struct b1_acct_user *one = b1_acct_get_user(acct, 1), *two = b1_acct_get_user(acct, 2);
	struct b1_acct_actor *actor = b1_acct_actor_new(one), *other = b1_acct_actor_new(two);
	struct b1_acct_charge charge, more;
	struct b1_peer *server, *client;
	struct b1_handle *handle, *unused;
	struct b1_peer_peek peek;
	struct b1_node *node;
	int i;

	CHECK(acct && one && two && actor && other);
	CHECK(b1_acct_get_user(acct, 1) == one);
	b1_acct_user_unref(one);

	/* Of its own maximum a user can claim half, of another's a quarter of that. */
	b1_acct_charge_init(&charge);
	b1_acct_charge_init(&more);
	CHECK(b1_acct_actor_charge(actor, &charge, actor, (uint64_t[]){ 21, 0 }) == -EDQUOT);
	CHECK(b1_acct_actor_charge(actor, &charge, actor, (uint64_t[]){ 0, 501 }) == -EDQUOT);
	CHECK(b1_acct_actor_charge(actor, &charge, actor, (uint64_t[]){ UINT64_MAX, 0 }) == -EXFULL);
	CHECK(b1_acct_actor_charge(actor, &charge, actor, (uint64_t[]){ 20, 500 }) == 0);
	CHECK(b1_acct_actor_charge(actor, &charge, actor, (uint64_t[]){ 1, 0 }) == -EINVAL);
	CHECK(b1_acct_actor_charge(actor, &more, other, (uint64_t[]){ 1, 0 }) == -EDQUOT);
	b1_acct_charge_deinit(&charge);
	b1_acct_charge_deinit(&charge);
	CHECK(b1_acct_actor_charge(actor, &more, other, (uint64_t[]){ 1, 126 }) == -EDQUOT);
	CHECK(b1_acct_actor_charge(actor, &more, other, (uint64_t[]){ 1, 125 }) == 0);
	b1_acct_charge_deinit(&more);

	/* A peer is charged for what it owns, and on behalf of others for what they send to it. */
	server = b1_peer_new(actor, NULL);
	client = b1_peer_new(other, NULL);
	CHECK(!b1_acct_actor_unref(actor) && !b1_acct_actor_unref(other));
	CHECK(!b1_acct_user_unref(one) && !b1_acct_user_unref(two) && !b1_acct_unref(acct));
	node = b1_peer_new_node(server, client, &handle);
	CHECK(node && handle);
	for (i = 0; i < 3; i++) {
		CHECK(send_text(client, handle, 0, NULL, "hello") == 0);
		CHECK(send_text(client, handle, 0, NULL, "again") == 0);
		CHECK(send_text(client, handle, 0, NULL, "no more") == -EDQUOT);
		CHECK(b1_peer_peek(server, &peek));
		b1_peer_pop(server);
		CHECK(b1_peer_peek(server, &peek));
		b1_peer_pop(server);
	}
	for (i = 0; i < 9; i++) {
		struct b1_node *another = b1_peer_new_node(server, server, &unused);

		CHECK(another);
		b1_node_unref(another);
		b1_handle_unref(unused);
	}
	CHECK(!b1_peer_new_node(server, server, &unused));
	b1_node_unref(node);
	b1_handle_unref(handle);
	finish(server);
	finish(client);
	expect_nothing_left();
}

struct drain {
	struct b1_peer *peer;
	struct b1_waitq *waitq;
};

static void *drain(void *userdata)
{
	struct drain *d = userdata;
	struct b1_peer_peek peek;

	while (b1_waitq_wait(d->waitq, 1, &d->peer, -1) == 0) {
		CHECK(b1_peer_peek(d->peer, &peek));
		b1_peer_pop(d->peer);
	}
	return NULL;
}

static void test_bounded(void)
{
	struct b1_waitq *here = b1_waitq_new(), *there = b1_waitq_new();
	struct b1_peer *server = b1_peer_new_bounded(NULL, there, 2, 10), *client = b1_peer_new(NULL, here);
	struct b1_peer *alone = b1_peer_new(NULL, NULL);
	struct b1_handle *handle, *unwaited;
	struct b1_node *node = b1_peer_new_node(server, client, &handle);
	struct b1_node *other = b1_peer_new_node(server, alone, &unwaited);
	struct drain d = { server, there };
	pthread_t thread;
	int i;

	CHECK(b1_handle_writable(handle, 10, 0) == 0);
	CHECK(b1_handle_writable(handle, 11, -1) == -EDQUOT);
	CHECK(b1_handle_writable(unwaited, 10, 0) == -EINVAL);
	CHECK(send_text(client, handle, 0, NULL, "eleven byte") == -EDQUOT);
	CHECK(send_text(client, handle, 0, NULL, "12345") == 0);
	CHECK(send_text(client, handle, 0, NULL, "123456") == -EDQUOT);
	CHECK(send_text(client, handle, 0, NULL, "12345") == 0);
	CHECK(b1_handle_writable(handle, 0, 1000000) == -EAGAIN);
	CHECK(!pthread_create(&thread, NULL, drain, &d));
	for (i = 0; i < ROUNDS; i++) {
		CHECK(b1_handle_writable(handle, 7, -1) == 0);
		CHECK(send_text(client, handle, 0, NULL, "1234567") == 0);
	}
	finish(server);
	CHECK(!pthread_join(thread, NULL));
	CHECK(b1_handle_writable(handle, 10, -1) == 0);
	b1_peer_end(client);
	CHECK(b1_handle_writable(handle, 10, -1) == -ESHUTDOWN);
	b1_peer_unref(client);
	finish(alone);
	b1_node_unref(node);
	b1_node_unref(other);
	b1_handle_unref(handle);
	b1_handle_unref(unwaited);
	CHECK(!b1_waitq_unref(here) && !b1_waitq_unref(there));
	expect_nothing_left();
}

int main(void)
{
	test_message_and_releases();
	test_waiting();
	test_callback();
	test_accounting();
	test_bounded();
	puts("5 passed, 0 failed");
	return 0;
}
