/* Includes linux/bus1.h alone, in C11 and in C++, and checks that the numbers are the kernel's. */

#include <linux/bus1.h>

#ifndef __cplusplus
#define static_assert _Static_assert
#endif

static_assert(BUS1_CMD_TRANSFER == 0xc0289700, "TRANSFER");
static_assert(BUS1_CMD_RELEASE == 0xc0189701, "RELEASE");
static_assert(BUS1_CMD_SEND == 0xc0289702, "SEND");
static_assert(BUS1_CMD_RECV == 0xc0189703, "RECV");
static_assert(BUS1_INVALID == 0xffffffffffffffff && BUS1_MANAGED == 1, "ids");

int bus1_h_test(struct bus1_transfer *transfers);

/* Converts a pointer to a number and back. */
int bus1_h_test(struct bus1_transfer *transfers)
{
	struct bus1_cmd_transfer command = {
		0, BUS1_INVALID, 1, BUS1_FROM_PTR(transfers), BUS1_FROM_PTR(transfers),
	};

	transfers[0].flags = BUS1_TRANSFER_FLAG_CREATE;
	return BUS1_TO_PTR(command.ptr_src) == transfers;
}
