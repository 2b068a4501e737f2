/** Calls every function of the uapi where native code cannot be called, and prints the errors. */

import { BusError } from "@bus1/bus1";
import * as uapi from "@bus1/bus1/uapi";

const calls = [
  () => uapi.open(),
  () => uapi.ioctl(0, 0, null),
  () => uapi.transfer(0, []),
  () => uapi.release(0, []),
  () => uapi.send(0, { destinations: [], message: {} }),
  () => uapi.recv(0, {}),
  () => uapi.poll([]),
  () => uapi.recvFd("/nowhere"),
  () => uapi.addressOf(new Uint8Array(1)),
];
for (const call of calls) {
  try {
    call();
  } catch (error) {
    console.log(error instanceof BusError && error.message.includes("/no/such/library.so") ? error.code : error);
  }
}
