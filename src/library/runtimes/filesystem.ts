/**
 * The few file operations that unpacking a library needs: by Deno's own functions in Deno, which takes some 5 ms to load
 * `node:fs`, and by `node:fs` elsewhere.
 *
 * Deno never prompts for a permission if {@linkcode Files.refusal} is checked first.
 *
 * @module
 */

import { builtinModule } from "./builtin_module.ts";

/** An entry of a folder. Symbolic links are not followed. */
export interface Entry {
  readonly kind: "file" | "folder" | "other";
  /** The permission bits with the sticky, set-group-id and set-user-id bits: `0o1777`. */
  readonly mode: number;
  /** The owner's user id. */
  readonly user: number;
}

/** The functions throw what the runtime throws. */
export interface Files {
  /** Returns `null` if a path and everything below it may be read or written, else the missing permission. */
  refusal(access: "read" | "write", path: string): string | null;
  /** Returns the user id of this process; `null` if that is not permitted. */
  user(): number | null;
  /** Returns the entry at a path, or `null` if there is none or it cannot be seen. Does not throw. */
  look(path: string): Entry | null;
  read(path: string): Uint8Array<ArrayBuffer>;
  /** Creates a file; fails if the path exists. */
  create(path: string, bytes: Uint8Array, mode: number): void;
  /** Creates a folder and its parents, accessible to this user only. */
  createFolder(path: string): void;
  /** Gives a file a second name; fails if that exists. */
  link(from: string, to: string): void;
  /** Renames a file; replaces the file that has the new name. */
  rename(from: string, to: string): void;
  remove(path: string): void;
}

const PERMISSIONS = 0o7777;
const PRIVATE_FOLDER = { recursive: true, mode: 0o700 };

interface DenoInfo {
  isFile: boolean;
  isDirectory: boolean;
  mode: number | null;
  uid: number | null;
}

/** The part of `Deno` that is used here. */
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

/** The files by Deno's functions. */
export function denoFiles(Deno: DenoFiles): Files {
  return {
    refusal(name, path) {
      if (Deno.permissions.querySync({ name, path }).state === "granted") return null;
      return `Deno would need --allow-${name}=${path}`;
    },
    user: () => Deno.permissions.querySync({ name: "sys", kind: "uid" }).state === "granted" ? Deno.uid() : null,
    look: (path) =>
      orNull(() => {
        const { isFile, isDirectory, mode, uid } = Deno.lstatSync(path);
        const kind = isFile ? "file" : isDirectory ? "folder" : "other";
        return { kind, mode: (mode ?? PERMISSIONS) & PERMISSIONS, user: uid ?? -1 };
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
    mode: number;
    uid: number;
  };
  readFileSync(path: string): Uint8Array<ArrayBuffer>;
  writeFileSync(path: string, bytes: Uint8Array, options: { flag: string; mode: number }): void;
  mkdirSync(path: string, options: typeof PRIVATE_FOLDER): void;
  linkSync(from: string, to: string): void;
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
}

/** The files by `node:fs`, for Node.js and Bun. */
export function nodejsFiles(): Files {
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
        return { kind, mode: info.mode & PERMISSIONS, user: info.uid };
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
