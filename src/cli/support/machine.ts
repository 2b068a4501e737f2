/**
 * The runtime and the machine that this runs on. In Deno some facts need a permission; without it they are `null`.
 *
 * @module
 */

import { cpus, loadavg, release } from "node:os";
import process from "node:process";
import { isPermitted, type PermissionQuery } from "./permissions.ts";

/** The permission to read the kernel's version. */
export const KERNEL_VERSION: PermissionQuery = { name: "sys", kind: "osRelease" };

/** The runtime. */
export interface RuntimeVersion {
  /** `"deno"` or `"bun"`. */
  name: string;
  version: string;
}

/** The system. */
export interface System {
  /** As in `"linux"`. */
  os: string;
  kernel: string | null;
  /** As in `"x64"`. */
  arch: string;
}

export function runtimeVersion(): RuntimeVersion {
  const [name = "", version = ""] = navigator.userAgent.split("/");
  return { name: name.toLowerCase(), version };
}

export function system(): System {
  const kernel = isPermitted(KERNEL_VERSION) ? release() : null;
  return { os: process.platform, kernel, arch: process.arch };
}

/** Returns the processors, as in `"2 × AMD EPYC"`. */
export function processors(): string | null {
  if (!isPermitted({ name: "sys", kind: "cpus" })) return null;
  const all = cpus();
  const [first] = all;
  return first === undefined ? null : `${all.length} × ${first.model.trim()}`;
}

/** Returns the load average of the last minute. */
export function load(): number | null {
  return isPermitted({ name: "sys", kind: "loadavg" }) ? loadavg()[0] ?? null : null;
}

/** Returns the runtime and the system in one line. */
export function inWords({ name, version }: RuntimeVersion, { os, kernel, arch }: System): string {
  const runtime = name === "deno" ? "Deno" : name === "bun" ? "Bun" : name;
  return `${runtime} ${version}, ${os} ${kernel === null ? "" : `${kernel} `}on ${arch}`;
}
