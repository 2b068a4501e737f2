import process from "node:process";
import * as uapi from "@bus1/bus1/uapi";

const socketPath = process.env.SOCKET_PATH!;
const bytes = new Uint8Array(uapi.bus1_cmd_recv.size);

using fd = uapi.open("/dev/bus1");
const { src, dst } = uapi.transfer(fd, [{ flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: uapi.BUS1_INVALID }]);
console.log(`${src[0].id} ${dst[0].id}`);
try {
  uapi.recv(fd, { transfers: 16, data: 4096 }); // typed functions return the outputs and throw BusError
} catch (error) {
  console.log((error as uapi.BusError).code);
}
console.log(uapi.ioctl(fd, uapi.BUS1_CMD_RECV, bytes)); // raw: any bytes, even wrong ones; returns the result or -errno
uapi.sendFd(socketPath, fd);
uapi.recvFd(socketPath); // hand a peer to another process
