/**
 * The file system, as far as a library that is to be unpacked needs it: by Deno's own functions, since loading those of
 * Node.js takes Deno longer than all the rest, and by `node:fs` elsewhere. Nothing here makes Deno ask for a permission,
 * provided that {@linkcode Files.refusal} has been asked before.
 *
 * @module
 */

import { builtinModule } from "./runtimes/runtime.ts";

/** What is at a path; a symbolic link is not followed. */
export interface Entry {
  readonly kind: "file" | "folder" | "other";
  readonly size: number;
  /** The permission bits, and those beside them: `0o1777`. */
  readonly mode: number;
  /** Whose it is. */
  readonly user: number;
  /** Another one, if what is there was changed or exchanged. */
  readonly version: string;
}

/** The functions throw what the runtime throws. */
export interface Files {
  /** Why what is at a path, and below it, may not be read or written, and what would help; `null` if it may. */
  refusal(access: "read" | "write", path: string): string | null;
  /** Who we are, if that may be known. */
  user(): number | null;
  /** What is there, as far as that can be seen, or `null`. Does not throw. */
  look(path: string): Entry | null;
  read(path: string): Uint8Array<ArrayBuffer>;
  /** Makes a new file, which our user alone can use. */
  create(path: string, bytes: Uint8Array, mode: number): void;
  /** Makes a folder, and those above it, which our user alone can use. */
  createFolder(path: string): void;
  /** Gives a file a second name, which must not exist. */
  link(from: string, to: string): void;
  /** Gives a file another name, in place of what had it. */
  rename(from: string, to: string): void;
  remove(path: string): void;
}

const PERMISSIONS = 0o7777;
const PRIVATE_FOLDER = { recursive: true, mode: 0o700 };

interface DenoInfo {
  isFile: boolean;
  isDirectory: boolean;
  size: number;
  mode: number | null;
  uid: number | null;
  ino: number | null;
  mtime: Date | null;
}

/** What of `Deno` is used here. */
export interface DenoFiles {
  permissions: {
    querySync(
      descriptor: { name: "ffi" | "read" | "write"; path?: string } | { name: "sys"; kind: "uid" },
    ): { state: string };
  };
  uid(): number | null;
  lstatSync(path: string): DenoInfo;
  readFileSync(path: string): Uint8Array<ArrayBuffer>;
  writeFileSync(path: string, bytes: Uint8Array, options: { createNew: boolean; mode: number }): void;
  mkdirSync(path: string, options: typeof PRIVATE_FOLDER): void;
  linkSync(from: string, to: string): void;
  renameSync(from: string, to: string): void;
  removeSync(path: string): void;
}

/** Deno's. */
export function denoFiles(Deno: DenoFiles): Files {
  return {
    refusal(name, path) {
      if (Deno.permissions.querySync({ name, path }).state === "granted") return null;
      return `Deno would need --allow-${name}=${path}`;
    },
    user: () => Deno.permissions.querySync({ name: "sys", kind: "uid" }).state === "granted" ? Deno.uid() : null,
    look: (path) =>
      orNull(() => {
        const { isFile, isDirectory, size, mode, uid, ino, mtime } = Deno.lstatSync(path);
        const kind = isFile ? "file" : isDirectory ? "folder" : "other";
        const version = `${ino} ${size} ${mtime?.getTime()}`;
        return { kind, size, mode: (mode ?? PERMISSIONS) & PERMISSIONS, user: uid ?? -1, version };
      }),
    read: (path) => Deno.readFileSync(path),
    create: (path, bytes, mode) => Deno.writeFileSync(path, bytes, { createNew: true, mode }),
    createFolder: (path) => Deno.mkdirSync(path, PRIVATE_FOLDER),
    link: (from, to) => Deno.linkSync(from, to),
    rename: (from, to) => Deno.renameSync(from, to),
    remove: (path) => Deno.removeSync(path),
  };
}

interface NodeFs {
  lstatSync(path: string): {
    isFile(): boolean;
    isDirectory(): boolean;
    size: number;
    mode: number;
    uid: number;
    ino: number;
    mtimeMs: number;
  };
  readFileSync(path: string): Uint8Array<ArrayBuffer>;
  writeFileSync(path: string, bytes: Uint8Array, options: { flag: string; mode: number }): void;
  mkdirSync(path: string, options: typeof PRIVATE_FOLDER): void;
  linkSync(from: string, to: string): void;
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
}

/** Those of Node.js, which Bun has, too. */
export function nodeFiles(): Files {
  let loaded: NodeFs | undefined;
  const fs = () => loaded ??= builtinModule<NodeFs>("node:fs");
  const { process } = globalThis as unknown as { process: { geteuid?(): number } };
  return {
    refusal: () => null,
    user: () => process.geteuid?.() ?? null,
    look: (path) =>
      orNull(() => {
        const info = fs().lstatSync(path);
        const kind = info.isFile() ? "file" : info.isDirectory() ? "folder" : "other";
        const { size, mode, uid: user, ino, mtimeMs } = info;
        return { kind, size, mode: mode & PERMISSIONS, user, version: `${ino} ${size} ${Math.floor(mtimeMs)}` };
      }),
    read: (path) => fs().readFileSync(path),
    create: (path, bytes, mode) => fs().writeFileSync(path, bytes, { flag: "wx", mode }),
    createFolder: (path) => fs().mkdirSync(path, PRIVATE_FOLDER),
    link: (from, to) => fs().linkSync(from, to),
    rename: (from, to) => fs().renameSync(from, to),
    remove: (path) => fs().unlinkSync(path),
  };
}

function orNull<T>(get: () => T): T | null {
  try {
    return get();
  } catch {
    return null;
  }
}
