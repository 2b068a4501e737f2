/*
 * Hostile processes beside a pair of correct ones. For the given number of seconds, the hostile processes do everything
 * that a program can do to the device, and are killed at random moments:
 * - wrong requests, sizes of all kinds, and arguments that point nowhere or into memory that is mapped and unmapped;
 * - descriptors that other threads close and replace;
 * - forks, execs, and signals in the middle of calls.
 * The pair exchanges a number all the time, and is never delayed. Prints the number of exchanges and the number of
 * killed processes. The arguments are the seconds and the seed.
 */

#include "device.h"
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>

#define N_HOSTILE 3
#define N_FDS 12
#define FIRST_FD 20
#define PAGE 4096
#define N_PAGES 8
#define LONGEST_WAIT 10000 /* ms: no reply may take longer, whatever the hostile processes do */

static const int open_flags[] = { O_RDWR, O_RDWR | O_CLOEXEC, O_RDONLY,
				  O_WRONLY | O_NONBLOCK, O_PATH, O_RDWR | O_DIRECTORY };

/* The state of the random numbers of a thread. */
static __thread uint64_t state;

static uint64_t number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint64_t below(uint64_t n)
{
	return number() % n;
}

static void seed(uint64_t value)
{
	state = value * 0x9e3779b97f4a7c15 + 1;
	for (int i = 0; i < 8; i++)
		number();
}

/* The memory of arguments: pages of all kinds, which change during calls. */
static char *memory;

/* Returns an address that may be valid. */
static uint64_t address(void)
{
	switch (below(12)) {
	case 0:
		return 0;
	case 1:
		return number();
	case 2:
		return ~below(64);
	case 3:
		return 0xffff800000000000 | number(); /* of the kernel */
	case 4:
		return BUS1_FROM_PTR(open_flags); /* read-only */
	case 5:
		return BUS1_FROM_PTR(memory) + below(N_PAGES + 1) * PAGE - below(64); /* across the edge of a page, or outside */
	default:
		return BUS1_FROM_PTR(memory) + below(N_PAGES * PAGE / 8) * 8;
	}
}

/* Returns the correct number, or sometimes another one. */
static uint64_t about(uint64_t right)
{
	switch (below(40)) {
	case 0:
		return number();
	case 1:
		return ~below(20);
	case 2:
		return 1ull << below(64);
	case 3:
		return address();
	default:
		return right;
	}
}

static uint64_t some_id(void)
{
	return about(below(24) | 1);
}

static int some_fd(void)
{
	return about(FIRST_FD + below(N_FDS));
}

/* Makes a call that is almost correct. */
static void almost_correct(int fd)
{
	struct bus1_transfer transfers[2] = { { .flags = about(0), .id = some_id() }, { .flags = 0, .id = some_id() } };
	struct bus1_transfer copies[2];
	uint64_t ids[2] = { some_id(), some_id() }, bytes[8] = { 0 }, errors[2];
	struct iovec vectors[2] = { { (void *)about(BUS1_FROM_PTR(bytes)), about(sizeof(bytes)) },
				    { (void *)about(BUS1_FROM_PTR(bytes)), about(below(64)) } };
	struct bus1_metadata metadata;
	bool sends = below(2);
	struct bus1_message message = {
		.flags = about(0),
		.type = about(sends ? BUS1_MESSAGE_TYPE_USER : BUS1_INVALID),
		.n_transfers = about(below(3)),
		.ptr_transfers = about(BUS1_FROM_PTR(transfers)),
		.n_data = about(below(64)),
		.n_data_vecs = about(below(3)),
		.ptr_data_vecs = about(BUS1_FROM_PTR(vectors)),
	};
	struct bus1_cmd_transfer transfer = { .flags = about(0),
					      .to = about(below(2) ? BUS1_INVALID : (uint64_t)some_fd()),
					      .n_transfers = about(below(3)),
					      .ptr_src = about(BUS1_FROM_PTR(transfers)),
					      .ptr_dst = about(BUS1_FROM_PTR(copies)) };
	struct bus1_cmd_release release = { .n_ids = about(below(3)), .ptr_ids = about(BUS1_FROM_PTR(ids)) };
	struct bus1_cmd_send send = { .n_destinations = about(below(3)),
				      .ptr_destinations = about(BUS1_FROM_PTR(ids)),
				      .ptr_errors = about(below(2) ? 0 : BUS1_FROM_PTR(errors)),
				      .ptr_message = about(BUS1_FROM_PTR(&message)) };
	struct bus1_cmd_recv recv = { .ptr_metadata = about(BUS1_FROM_PTR(&metadata)),
				      .ptr_message = about(BUS1_FROM_PTR(&message)) };

	if (sends) {
		ioctl(fd, BUS1_CMD_SEND, &send);
		return;
	}
	switch (below(4)) {
	case 0:
		ioctl(fd, BUS1_CMD_RELEASE, &release);
		break;
	case 1:
		ioctl(fd, BUS1_CMD_RECV, &recv);
		break;
	default:
		if (below(2))
			transfers[0] = (struct bus1_transfer){ .flags = BUS1_TRANSFER_FLAG_CREATE, .id = BUS1_INVALID };
		ioctl(fd, BUS1_CMD_TRANSFER, &transfer);
	}
}

/* Makes any request with any argument. */
static void nonsense(int fd)
{
	static const unsigned long requests[] = { BUS1_CMD_TRANSFER, BUS1_CMD_RELEASE, BUS1_CMD_SEND, BUS1_CMD_RECV };

	ioctl(fd, below(8) ? requests[below(4)] : BUS1_CMD_TRANSFER ^ (1ul << below(32)), address());
}

/* Uses the descriptor as a socket, which it is underneath. */
static void misuse(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = number() };
	char bytes[16] = { 0 };
	int pair[2];

	switch (below(8)) {
	case 0:
		send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case 1:
		recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		break;
	case 2:
		shutdown(fd, below(3));
		break;
	case 3:
		poll(&pollfd, 1, 0);
		break;
	case 4:
		fcntl(fd, F_SETFL, number() & O_NONBLOCK);
		break;
	default:
		/* Sends the descriptor over a socket, from which it is never received. */
		if (fcntl(fd, F_GETFD) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
			break;
		if (below(2))
			send_descriptor(pair[0], fd);
		close(pair[0]);
		close(pair[1]);
	}
}

static void move_memory(void)
{
	static const int protections[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE };
	char *page = memory + below(N_PAGES) * PAGE;

	if (below(4))
		mprotect(page, PAGE, protections[below(4)]);
	else if (below(2))
		munmap(page, PAGE);
	else
		mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void open_one(void)
{
	int fd = below(8) ? open("/dev/bus1", open_flags[below(6)]) : openat(AT_FDCWD, (const char *)address(), O_RDWR);

	if (fd < 0)
		return;
	dup2(fd, FIRST_FD + below(N_FDS));
	close(fd);
}

/* Changes the arguments and the descriptors of calls in progress. */
static void *disturb(void *argument)
{
	seed(*(uint64_t *)argument);
	for (;;) {
		switch (below(8)) {
		case 0:
			close(FIRST_FD + below(N_FDS));
			break;
		case 1:
			dup2(FIRST_FD + below(N_FDS), FIRST_FD + below(N_FDS));
			break;
		case 2:
			usleep(below(200));
			break;
		case 3:
			nonsense(some_fd());
			break;
		default:
			move_memory();
		}
	}
	return NULL;
}

static void nothing(int signal)
{
	(void)signal;
}

/* Does one thing after the other until it is killed, possibly by its own calls. */
static void misbehave(uint64_t value)
{
	struct itimerval often = { { 0, 300 }, { 0, 300 } };
	struct sigaction action = { .sa_handler = nothing };
	char text[32];
	pthread_t thread;
	pid_t child;
	int null;

	seed(value);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Closes the descriptors of the other processes, and hides its own errors. */
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < FIRST_FD; fd++)
		if (fd < 3)
			dup2(null, fd);
		else
			close(fd);
	sigaction(SIGALRM, &action, NULL);
	memory = mmap(NULL, N_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	if (below(2)) {
		uint64_t of_thread = number();

		CHECK(pthread_create(&thread, NULL, disturb, &of_thread) == 0);
		usleep(100); /* until the thread has read its argument */
	}
	for (;;) {
		switch (below(64)) {
		case 0:
			setitimer(ITIMER_REAL, &often, NULL);
			break;
		case 1:
			prctl(PR_SET_DUMPABLE, below(2));
			break;
		case 2:
			child = fork();
			if (child == 0) {
				for (int i = below(100); i > 0; i--)
					below(2) ? almost_correct(some_fd()) : nonsense(some_fd());
				_exit(0);
			}
			if (child > 0 && below(2))
				kill(child, SIGKILL);
			break;
		case 3:
			if (below(8))
				break;
			snprintf(text, sizeof(text), "%llu", (unsigned long long)number());
			execl("/proc/self/exe", "hostile", "one", text, NULL);
			break;
		case 4:
			close(FIRST_FD + below(N_FDS));
			break;
		case 5:
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
			break;
		default:
			switch (below(8)) {
			case 0:
				open_one();
				break;
			case 1:
				misuse(some_fd());
				break;
			case 2:
				move_memory();
				break;
			case 3:
				nonsense(some_fd());
				break;
			default:
				almost_correct(some_fd());
			}
		}
	}
}

/* Sends numbers and waits for each reply, until the other end of `stop` is closed. Returns the number of exchanges. */
static uint64_t ask(int fd, uint64_t node, uint64_t handle, int stop)
{
	struct pollfd stopped = { .fd = stop, .events = POLLIN };
	uint64_t i;

	for (i = 0; poll(&stopped, 1, 0) == 0; i++) {
		send_number(fd, handle, i);
		CHECK(readable(fd, LONGEST_WAIT));
		expect_number(fd, node, i);
	}
	return i;
}

/* Replies to each message with its number, until the other peer has ended. */
static void reply(int fd, uint64_t node, uint64_t handle)
{
	for (;;) {
		struct received received = receive(fd);

		if (received.type == BUS1_MESSAGE_TYPE_NODE_RELEASE)
			break;
		if (received.type == BUS1_MESSAGE_TYPE_HANDLE_RELEASE)
			continue;
		CHECK(received.id == node);
		send_number(fd, handle, received.number);
	}
}

static pid_t start_hostile(uint64_t value)
{
	pid_t child = start();

	if (child == 0) {
		setpgid(0, 0);
		misbehave(value);
	}
	setpgid(child, child);
	return child;
}

/* Kills the process and everything that it has started. */
static void kill_hostile(pid_t pid)
{
	int status;

	kill(-pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid);
}

int main(int argc, char **argv)
{
	int fds[2] = { open_device(), open_device() }, stop[2];
	uint64_t nodes[2], handles[2], n_killed = 0;
	pid_t asker, replier, hostile[N_HOSTILE];
	time_t end;

	CHECK(argc == 3);
	seed(atoll(argv[2]));
	if (!strcmp(argv[1], "one"))
		misbehave(number());
	for (int i = 0; i < 2; i++)
		create_node(fds[i], fds[1 - i], &nodes[i], &handles[1 - i]);
	replier = start();
	if (replier == 0) {
		close(fds[0]);
		reply(fds[1], nodes[1], handles[1]);
		_exit(0);
	}
	CHECK(pipe2(stop, O_CLOEXEC) == 0);
	asker = start();
	if (asker == 0) {
		close(fds[1]);
		close(stop[1]);
		printf("%llu\n", (unsigned long long)ask(fds[0], nodes[0], handles[0], stop[0]));
		exit(0);
	}
	close(fds[0]);
	close(fds[1]);
	close(stop[0]);

	for (int i = 0; i < N_HOSTILE; i++)
		hostile[i] = start_hostile(number());
	for (end = time(NULL) + atoi(argv[1]); time(NULL) < end; n_killed++) {
		int i = below(N_HOSTILE);

		usleep(below(60000));
		kill_hostile(hostile[i]);
		hostile[i] = start_hostile(number());
	}
	for (int i = 0; i < N_HOSTILE; i++)
		kill_hostile(hostile[i]);
	close(stop[1]);
	join(asker);
	join(replier);
	printf("%llu\n", (unsigned long long)n_killed);
	return 0;
}
