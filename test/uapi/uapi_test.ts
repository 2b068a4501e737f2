/**
 * The uapi from TypeScript: how it treats its arguments and the kernel's results, without a device and with one.
 * `cli conformance` tests the device.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import * as uapi from "@bus1/bus1/uapi";
import { BusError } from "@bus1/bus1";
import { ERRNO } from "../../src/port/abi.ts";
import { busError } from "../../src/port/errors.ts";
import { run, test, throws, throwsTypeError } from "../support/harness.ts";

const CREATE = { flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: uapi.BUS1_INVALID };

/** The reason why this suite has no device; the tests that need one then run in other suites. */
const noDevice: string | false = (() => {
  try {
    uapi.open().close();
    return false;
  } catch (error) {
    return String(error);
  }
})();

function deviceTest(name: string, body: () => void | Promise<void>): void {
  test(`uapi, on a device: ${name}`, body, { elsewhere: noDevice });
}

async function withFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bus1-uapi-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a descriptor of this process is open on. */
function openOn(fd: uapi.Fd): string {
  return readlinkSync(`/proc/self/fd/${fd.number}`);
}

// Without a device.

test("uapi: the numbers are those of linux/bus1.h", () => {
  assertEquals(uapi.BUS1_INVALID, 2n ** 64n - 1n);
  assertEquals(
    [uapi.BUS1_CMD_TRANSFER, uapi.BUS1_CMD_RELEASE, uapi.BUS1_CMD_SEND, uapi.BUS1_CMD_RECV],
    [0xc0289700, 0xc0189701, 0xc0289702, 0xc0189703],
  );
  assertEquals(
    [uapi.bus1_transfer.size, uapi.bus1_metadata.size, uapi.bus1_message.size, uapi.iovec.size],
    [16, 24, 56, 16],
  );
  const { size, ...offsets } = uapi.bus1_cmd_send;
  assertEquals(size, 40);
  assertEquals(offsets, { flags: 0, n_destinations: 8, ptr_destinations: 16, ptr_errors: 24, ptr_message: 32 });
  assertEquals([uapi.BUS1_MANAGED, uapi.BUS1_TRANSFER_FLAG_CREATE], [1n, 1]);
  assertEquals(
    [uapi.BUS1_MESSAGE_TYPE_USER, uapi.BUS1_MESSAGE_TYPE_NODE_RELEASE, uapi.BUS1_MESSAGE_TYPE_HANDLE_RELEASE],
    [0, 1, 2],
  );
});

test("uapi: an argument of a wrong type, and an option with another name, is a TypeError", () => {
  using fd = uapi.open("/dev/null");
  const number = fd as unknown as number;
  const wrong = [undefined, null, "3", 3n, {}, [], NaN, 1.5, 2 ** 31, Object.create(uapi.Fd.prototype)];
  for (const value of wrong as number[]) {
    throwsTypeError(() => uapi.close(value));
    throwsTypeError(() => uapi.dup(value));
    throwsTypeError(() => uapi.ioctl(value, 0, null));
    throwsTypeError(() => uapi.transfer(value, []));
    throwsTypeError(() => uapi.release(value, []));
    throwsTypeError(() => uapi.send(value, { destinations: [], message: {} }));
    throwsTypeError(() => uapi.recv(value, {}));
    throwsTypeError(() => uapi.poll([{ fd: value, events: 0 }]));
    throwsTypeError(() => uapi.sendFd("/nowhere", value, { timeout: 0 }));
    throwsTypeError(() => new uapi.Fd(value));
  }
  throwsTypeError(() => new uapi.Fd(-1));
  for (const path of [1, null, {}, "a\0b", "\0"] as string[]) throwsTypeError(() => uapi.open(path));
  for (const path of [1, null, undefined, {}, "a\0b", "\0a\0"] as string[]) {
    throwsTypeError(() => uapi.sendFd(path, fd, { timeout: 0 }));
    throwsTypeError(() => uapi.recvFd(path, { timeout: 0 }));
  }
  for (const value of ["0", 0n, null, 0.5, {}] as number[]) {
    throwsTypeError(() => uapi.open("/dev/null", value));
    throwsTypeError(() => uapi.poll([{ fd, events: value }]));
  }
  for (const value of ["0", 0n, null, NaN, {}] as number[]) {
    throwsTypeError(() => uapi.poll([], value));
    throwsTypeError(() => uapi.recvFd("/nowhere", { timeout: value }));
  }
  throwsTypeError(() => uapi.recvFd("/nowhere", { timeout: -1 }));
  throwsTypeError(() => uapi.poll(fd as unknown as []));
  throwsTypeError(() => uapi.poll([fd as unknown as uapi.PollFd]));

  for (const value of ["1", 1n, 1.5, 2 ** 32, -(2 ** 31) - 1, null] as number[]) {
    throwsTypeError(() => uapi.ioctl(fd, value, null));
  }
  for (const value of [undefined, 0, "", new ArrayBuffer(8), [0]] as unknown as null[]) {
    throwsTypeError(() => uapi.ioctl(fd, 0, value));
  }
  throwsTypeError(() => uapi.addressOf(new ArrayBuffer(8) as unknown as Uint8Array));

  for (const value of [1, "1", null, [1n], {}] as bigint[]) {
    throwsTypeError(() => uapi.release(fd, [value]));
    throwsTypeError(() => uapi.send(fd, { destinations: [value], message: {} }));
    throwsTypeError(() => uapi.transfer(fd, [{ id: typeof value === "object" ? number as never : value }]));
  }
  for (const value of [1, "1", null, true] as unknown as bigint[]) throwsTypeError(() => uapi.transfer(fd, [value]));
  for (const flags of ["1", null, 0.5, {}] as number[]) {
    throwsTypeError(() => uapi.transfer(fd, [], { flags }));
    throwsTypeError(() => uapi.transfer(fd, [{ flags }]));
    throwsTypeError(() => uapi.release(fd, [], { flags }));
    throwsTypeError(() => uapi.send(fd, { flags, destinations: [], message: {} }));
    throwsTypeError(() => uapi.send(fd, { destinations: [], message: { flags } }));
    throwsTypeError(() => uapi.send(fd, { destinations: [], message: { type: flags } }));
    throwsTypeError(() => uapi.recv(fd, { flags }));
    throwsTypeError(() => uapi.transfer(fd, [], { to: flags }));
  }
  for (const count of ["1", 1n, -1, 0.5, NaN, Infinity] as number[]) {
    throwsTypeError(() => uapi.recv(fd, { data: count }));
    throwsTypeError(() => uapi.recv(fd, { transfers: count }));
  }
  for (const data of [1, null, {}, [1], [null]] as unknown as string[]) {
    throwsTypeError(() => uapi.send(fd, { destinations: [], message: { data } }));
  }
  throwsTypeError(() => uapi.recv(fd, undefined as unknown as uapi.ReceiveBuffer));
  throwsTypeError(() => uapi.send(fd, { destinations: [] } as unknown as uapi.SendInit));
  throwsTypeError(() => uapi.transfer(fd, {} as []));
  throwsTypeError(() => uapi.transfer(fd, [], null as unknown as object));

  assertThrows(() => uapi.transfer(fd, [], { target: fd } as object), TypeError, `must not have "target"`);
  throwsTypeError(() => uapi.release(fd, [], { flag: 0 } as object));
  throwsTypeError(() => uapi.recv(fd, { bytes: 5 } as object));
  throwsTypeError(() => uapi.send(fd, { destinations: [], message: {}, errors: 0 } as object as uapi.SendInit));
  throwsTypeError(() => uapi.send(fd, { destinations: [], message: { bytes: "" } as object }));
  throwsTypeError(() => uapi.sendFd("@x", fd, { wait: 1 } as object));
});

test("uapi: open throws the reason", () => {
  assertStringIncludes(throws("ENOENT", () => uapi.open("/no/such/device")).message, 'open "/no/such/device"');
  throws("ENOENT", () => uapi.open(""));
  throws("ENOTDIR", () => uapi.open("/dev/null/bus1"));
  throws("EISDIR", () => uapi.open(tmpdir()));
  throws("ENAMETOOLONG", () => uapi.open("/" + "x".repeat(4096)));
  throws("ENAMETOOLONG", () => uapi.open("/" + "x".repeat(300)));
});

test("uapi: a descriptor is closed once, and then every call throws EBADF", () => {
  let fd: uapi.Fd;
  {
    using inner = uapi.open("/dev/null");
    fd = inner;
    assert(fd.number >= 0);
    assertEquals(openOn(fd), "/dev/null");
  }
  assertEquals(fd.number, -1);
  fd.close();
  fd[Symbol.dispose]();
  for (
    const call of [
      () => uapi.close(fd),
      () => uapi.dup(fd),
      () => uapi.recv(fd, {}),
      () => uapi.send(fd, { destinations: [], message: {} }),
      () => uapi.release(fd, []),
      () => uapi.transfer(fd, []),
      () => uapi.poll([{ fd, events: uapi.POLLIN }]),
      () => uapi.sendFd("/nowhere", fd),
      () => uapi.close(999_999),
      () => uapi.recv(999_999, {}),
      () => uapi.dup(-1),
      () => uapi.sendFd("/nowhere", 999_999),
    ]
  ) {
    throws("EBADF", call);
  }
  assertEquals(uapi.ioctl(fd, uapi.BUS1_CMD_RECV, null), -ERRNO.EBADF);
  // Its number must not be taken for BUS1_INVALID, which is the peer itself.
  using other = uapi.open("/dev/null");
  throws("EBADF", () => uapi.transfer(other, [CREATE], { to: fd }));
});

test("uapi: dup makes a descriptor of its own", () => {
  using first = uapi.open("/dev/null");
  const second = uapi.dup(first.number);
  assert(second.number !== first.number);
  assertEquals(openOn(second), "/dev/null");
  uapi.close(second.number);
  throws("EBADF", () => second.close());
  assertEquals(second.number, -1, "forgotten, since nothing is left to close");
});

test("uapi: on a file that is not a device, ioctl returns ENOTTY and the commands throw it", () => {
  using fd = uapi.open("/dev/null");
  const bytes = new Uint8Array(100);
  for (
    const argument of [bytes, bytes.subarray(3, 5), new BigUint64Array(5), new Uint8Array(0), null, 0n, -1n, 4096n]
  ) {
    assertEquals(uapi.ioctl(fd, uapi.BUS1_CMD_SEND, argument), -ERRNO.ENOTTY);
  }
  assertEquals(uapi.ioctl(fd, uapi.BUS1_CMD_SEND | 0, null), -ERRNO.ENOTTY, "as C's operators make it in JavaScript");
  assertEquals(bytes, new Uint8Array(100));
  const error = throws("ENOTTY", () => uapi.recv(fd, { data: 10 }));
  assertEquals(error.message, `ENOTTY: receive on descriptor ${fd.number}: the file is not a bus1 device`);
  throws("ENOTTY", () => uapi.transfer(fd, [CREATE, 5n], { to: 1 }));
  throws("ENOTTY", () => uapi.release(fd, [1n, 3n]));
  throws("ENOTTY", () => uapi.send(fd, { destinations: [1n], message: { data: ["ä", new Uint8Array(3)] } }));
});

/** The number of `FIONREAD`: how many bytes there are to read. */
const FIONREAD = 0x541b;

test("uapi: ioctl writes into the bytes that it was given, anywhere in memory", async () => {
  await withFolder((folder) => {
    const path = join(folder, "five");
    writeFileSync(path, "12345");
    using fd = uapi.open(path, uapi.O_RDONLY);
    const bytes = new Uint8Array(16).fill(255);
    assertEquals(uapi.ioctl(fd, FIONREAD, bytes.subarray(8, 12)), 0);
    assertEquals([...bytes.subarray(6, 14)], [255, 255, 5, 0, 0, 0, 255, 255]);
    const small = new Int32Array(1);
    assertEquals(uapi.ioctl(fd, FIONREAD, uapi.addressOf(small)), 0);
    assertEquals(small[0], 5);
    assertEquals(uapi.ioctl(fd, FIONREAD, null), -ERRNO.EFAULT);
    assertEquals(uapi.ioctl(fd, FIONREAD, 2n ** 63n), -ERRNO.EFAULT);
    // The same number, but one that says how large its structure is: what is missing is not read past the end.
    const sized = FIONREAD | 64 << 16;
    assertEquals(uapi.ioctl(fd, sized, new Uint8Array(1)), -ERRNO.ENOTTY);
  });
});

test("uapi: a view has an address of its own, which does not change", () => {
  const bytes = new Uint8Array(64);
  const address = uapi.addressOf(bytes);
  assertEquals(uapi.addressOf(bytes.subarray(10)), address + 10n);
  assertEquals(uapi.addressOf(new DataView(bytes.buffer, 3, 1)), address + 3n);
  for (let i = 0; i < 100_000; i++) new Uint8Array(64);
  assertEquals(uapi.addressOf(bytes), address);
});

test("uapi: poll returns the events of each descriptor", async () => {
  await withFolder((folder) => {
    const path = join(folder, "fifo");
    execFileSync("mkfifo", [path]);
    using fd = uapi.open(path, uapi.O_RDWR | uapi.O_NONBLOCK | uapi.O_CLOEXEC);
    const both = { fd, events: uapi.POLLIN | uapi.POLLOUT };
    const input = { fd: fd.number, events: uapi.POLLIN };
    assertEquals(uapi.poll([both, input]), [uapi.POLLOUT, 0]);
    const start = performance.now();
    assertEquals(uapi.poll([input], 30.5), [0]);
    assert(performance.now() - start >= 30);
    assertEquals(uapi.poll([input], 0), [0]);
    writeFileSync(path, "x");
    assertEquals(uapi.poll([input, both], -1), [uapi.POLLIN, uapi.POLLIN | uapi.POLLOUT]);
    assertEquals(uapi.poll([{ ...input, fd: 999_999 }, { ...input, fd: -1 }]), [uapi.POLLNVAL, 0]);
    assertEquals(uapi.poll([], 0), []);

    using reader = uapi.open(path, uapi.O_RDONLY | uapi.O_NONBLOCK);
    fd.close();
    assertEquals(uapi.poll([{ fd: reader, events: 0 }]), [uapi.POLLHUP]);
  });
});

test("uapi: a descriptor goes to another process and comes back", async () => {
  await withFolder(async (folder) => {
    for (const meeting of [join(folder, "söcket"), `@${folder}/abstract`, `\0${folder}/zero`]) {
      const path = join(folder, "file");
      writeFileSync(path, "");
      using fd = uapi.open(path);
      rmSync(path);
      const echo = run("returns_fds.ts", { MEETING: meeting.replace("\0", "@"), COUNT: "3" });
      // One after the other: none may be lost in the queue of a socket that is about to be closed.
      for (let i = 0; i < 3; i++) uapi.sendFd(meeting, fd);
      for (let i = 0; i < 3; i++) {
        using returned = uapi.recvFd(meeting);
        assert(returned.number !== fd.number);
        assertEquals(openOn(returned), `${path} (deleted)`);
      }
      assertEquals(await echo, { code: 0, stdout: "", stderr: "", killed: false });
    }
    assertFalse(existsSync(join(folder, "söcket")), "the socket's file is removed");
  });
});

test("uapi: passing a descriptor stops at its timeout, and the error has the reason", async () => {
  await withFolder((folder) => {
    using fd = uapi.open("/dev/null");
    const path = join(folder, "socket");
    const start = performance.now();
    assertStringIncludes(
      throws("ETIMEDOUT", () => uapi.sendFd(path, fd, { timeout: 30 })).message,
      "no process took it",
    );
    assertStringIncludes(throws("ETIMEDOUT", () => uapi.recvFd(path, { timeout: 30 })).message, "no process sent one");
    assert(performance.now() - start >= 60);
    assertFalse(existsSync(path), "nothing is left");
    writeFileSync(path, "");
    throws("EADDRINUSE", () => uapi.recvFd(path));
    assert(existsSync(path), "what was there is not removed");
    throws("ENAMETOOLONG", () => uapi.recvFd(`/${"x".repeat(107)}`));
    throws("ENAMETOOLONG", () => uapi.sendFd(`@${"x".repeat(108)}`, fd));
    throws("EINVAL", () => uapi.sendFd("", fd));
    throws("ENOENT", () => uapi.recvFd(join(folder, "no", "folder")));
  });
});

test("uapi: an errno without a name is shown by its number", () => {
  const error = busError(-524, "do something");
  assertInstanceOf(error, BusError);
  assertEquals([error.code, error.errno, error.message], [
    "E524",
    524,
    "E524: do something: an error without a name here",
  ]);
  for (const [code, errno] of Object.entries(ERRNO)) {
    assertMatch(busError(-errno, "x").message, RegExp(`^${code}: x: .`));
  }
});

test("uapi: without the library every call throws, and the import does not", async () => {
  const { stdout, stderr } = await run("uapi_without_library.ts", { BUS1_LIBRARY: "/no/such/library.so" });
  assertEquals(stdout, "EOPNOTSUPP\n".repeat(9), stderr);
});

// With one.

deviceTest("the example program", async () => {
  await withFolder(async (folder) => {
    const socketPath = join(folder, "socket");
    const echo = run("returns_fds.ts", { MEETING: socketPath, COUNT: "1" });
    const program = await run("examples/uapi.ts", { SOCKET_PATH: socketPath });
    assertEquals([program.stdout, program.code], ["1 3\nEAGAIN\n-14\n", 0], program.stderr);
    assertEquals((await echo).code, 0);
  });
});

deviceTest("each command passes all its fields to the device and returns all fields that it writes", () => {
  using server = uapi.open();
  using client = uapi.open();
  const { src, dst } = uapi.transfer(server, [CREATE, CREATE, { flags: 1n }], { to: client.number });
  assertEquals(src, [1n, 3n, 5n].map((id) => ({ flags: 0, id })));
  assertEquals(dst, [1n, 3n, 5n].map((id) => ({ flags: 0, id })));
  const own = uapi.transfer(client, [1n, { id: 3n }], { to: uapi.BUS1_INVALID });
  assertEquals(own, { src: [1n, 3n].map((id) => ({ flags: 0, id })), dst: [7n, 9n].map((id) => ({ flags: 0, id })) });

  const data = ["ä", Uint8Array.of(1, 2), new Uint16Array([0x403]), new ArrayBuffer(1)];
  const destinations = dst.map(({ id }) => id);
  const { errors } = uapi.send(client, { destinations, message: { transfers: [7n, { id: 9n }], data } });
  assertEquals([...errors], [0, 0, 0]);
  for (const { id } of src) {
    const { metadata, message } = uapi.recv(server, { transfers: 2, data: 7 });
    assertEquals([metadata.flags, metadata.id], [0, id]);
    // A device that keeps no accounts is one, too.
    assert([uapi.BUS1_INVALID, BigInt(process.geteuid!())].includes(metadata.account), `account ${metadata.account}`);
    assertEquals([message.flags, message.type], [0, uapi.BUS1_MESSAGE_TYPE_USER]);
    assertEquals([...message.data], [195, 164, 1, 2, 3, 4, 0]);
    assertEquals(message.transfers.map(({ flags }) => flags), [0, 0]);
  }
  assertEquals(uapi.send(client, { destinations: [], message: {} }).errors.length, 0);

  uapi.release(server, src.map(({ id }) => id));
  const gone = uapi.recv(client, {});
  assertEquals([gone.message.type, gone.metadata.id], [uapi.BUS1_MESSAGE_TYPE_NODE_RELEASE, 1n]);
  assertEquals([gone.message.data.length, gone.message.transfers.length], [0, 0]);
});

deviceTest("EMSGSIZE reports the buffers that are needed, and they suffice", () => {
  using fd = uapi.open();
  const { dst: [{ id }] } = uapi.transfer(fd, [CREATE]);
  uapi.send(fd, { destinations: [id], message: { data: "hello", transfers: [id, id] } });
  for (const room of [{}, { data: 4, transfers: 9 }, { data: 9, transfers: 1 }]) {
    const error = throws("EMSGSIZE", () => uapi.recv(fd, room));
    assertInstanceOf(error, uapi.ReceiveBufferError);
    assertEquals(error.needed, { transfers: 2, data: 5 });
  }
  assertEquals(uapi.recv(fd, { transfers: 2, data: 5 }).message.data.length, 5);
});

deviceTest("an errno of the device is thrown", () => {
  using fd = uapi.open();
  const { dst: [{ id }] } = uapi.transfer(fd, [CREATE]);
  assertStringIncludes(throws("EAGAIN", () => uapi.recv(fd, {})).message, "the queue is empty");
  throws("EBADRQC", () => uapi.release(fd, [99n]));
  throws("EBADRQC", () => uapi.send(fd, { destinations: [99n], message: {} }));
  throws("EBADRQC", () => uapi.send(fd, { destinations: [id], message: { transfers: [99n] } }));
  throws("EINVAL", () => uapi.send(fd, { destinations: [id], message: { type: 1 } }));
  throws("EINVAL", () => uapi.send(fd, { destinations: [id], message: { flags: 1 } }));
  throws("EINVAL", () => uapi.send(fd, { flags: 2n ** 63n, destinations: [id], message: {} }));
  throws("EINVAL", () => uapi.recv(fd, { flags: 1 }));
  throws("EINVAL", () => uapi.release(fd, [], { flags: 1 }));
  throws("EINVAL", () => uapi.transfer(fd, [], { flags: 1 }));
  throws("EINVAL", () => uapi.transfer(fd, [{ flags: 2 }]));
  throws("EBADF", () => uapi.transfer(fd, [CREATE], { to: 999_999 }));
  throws("EBADF", () => uapi.transfer(fd, [CREATE], { to: -2 }));
  throws("EBADF", () => uapi.transfer(fd, [CREATE], { to: 2n ** 32n + BigInt(fd.number) }));
  using other = uapi.open("/dev/null");
  assertStringIncludes(throws("EOPNOTSUPP", () => uapi.transfer(fd, [CREATE], { to: other })).message, "not a peer");
});

deviceTest("a peer can be used in another process", async () => {
  await withFolder(async (folder) => {
    const meeting = join(folder, "socket");
    using fd = uapi.open();
    using theirs = uapi.open();
    const { src: [node] } = uapi.transfer(fd, [CREATE], { to: theirs });
    const greeter = run("greets.ts", { MEETING: meeting });
    uapi.sendFd(meeting, theirs);
    theirs.close();
    uapi.poll([{ fd, events: uapi.POLLIN }]);
    const { metadata, message } = uapi.recv(fd, { data: 100 });
    assertEquals([metadata.id, new TextDecoder().decode(message.data)], [node.id, "hello from there"]);
    assertEquals((await greeter).code, 0);
    // The last descriptor of that peer was closed with the process.
    uapi.poll([{ fd, events: uapi.POLLIN }]);
    assertEquals(uapi.recv(fd, {}).message.type, uapi.BUS1_MESSAGE_TYPE_HANDLE_RELEASE);
  });
});
