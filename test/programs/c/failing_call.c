/*
 * Runs a program in which a system call fails: failing_call CALL ERRNO COMMAND [ARGUMENT...]. If the name of the call
 * ends with "+", the call only fails if its second argument is not 0.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	int number;
	bool if_second;
} calls[] = {
	{ "seccomp", SYS_seccomp, false },
	{ "pidfd_getfd", SYS_pidfd_getfd, false },
	{ "process_vm_readv", SYS_process_vm_readv, false },
	{ "pidfd_open+", SYS_pidfd_open, true },
};

int main(int argc, char **argv)
{
	int error = argc > 3 ? atoi(argv[2]) : 0;
	size_t n = sizeof(calls) / sizeof(*calls), i = 0;

	while (i < n && argc > 3 && strcmp(calls[i].name, argv[1]))
		i++;
	if (argc < 4 || i == n)
		return 2;

	struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, calls[i].if_second, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(instructions) / sizeof(*instructions), instructions };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) {
		perror("failing_call");
		return 1;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 1;
}
