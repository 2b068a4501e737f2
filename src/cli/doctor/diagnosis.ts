/**
 * The diagnosis of `doctor`, as data: the keys are those of `--json`, which its help documents.
 *
 * Nothing here needs a permission, and nothing makes Deno ask for one. A value that may not be read is `null`.
 *
 * @module
 */

import { engineReport, type EngineStatus, type LiveCounts, liveCounts } from "../../../mod.ts";
import { ABI } from "../../port/abi.ts";
import { defaultDevice, environmentVariable } from "../../port/environment.ts";
import { probe } from "../../engines/kernel/probe.ts";
import { openLibrary } from "../../library/library.ts";
import { KERNEL_VERSION, type RuntimeVersion, runtimeVersion, type System, system } from "../support/machine.ts";
import {
  flagFor,
  isPermitted,
  type PermissionQuery,
  type PermissionState,
  permissionState,
  targetOf,
} from "../support/permissions.ts";
import { VERSION } from "../support/version.ts";
import { workerPermission } from "../support/workers.ts";
import { type SelfTest, selfTests } from "./self_test.ts";

/** The whole diagnosis. */
export interface Diagnosis {
  /** The version of this package. */
  version: string;
  runtime: RuntimeVersion;
  system: System;
  library: {
    path: string | null;
    from: "BUS1_LIBRARY" | "package";
    opened: boolean;
    /** The reason why it is not opened. */
    reason: string | null;
  };
  abi: { expected: number; found: number | null };
  device: Device;
  engines: EngineStatus[];
  permissions: Permission[] | null;
  environment: Variable[];
  tests: SelfTest[];
  /** The objects that are left after the tests. */
  live: LiveCounts;
  /** Suggestions. */
  advice: string[];
  /** Whether programs find an engine here, and every test passed. */
  ok: boolean;
}

/** The device that the kernel engine would use. */
export interface Device {
  path: string;
  from: "BUS1_DEVICE" | "default";
  /**
   * - `works`: it keeps the contract, as far as can be tried.
   * - `faulty`: it has the faults that are listed.
   * - `unusable`: it does not exist, is not a bus1 device, or may not be opened.
   * - `unknown`: it cannot be tried.
   */
  state: "works" | "faulty" | "unusable" | "unknown";
  faults: { name: string; words: string }[];
  /** The reason, if it is unusable or unknown. */
  reason: string | null;
}

/** A permission in Deno. */
interface Permission {
  name: string;
  /** The path, variable or fact that it is for; `null` if it is for everything of its name. */
  target: string | null;
  state: PermissionState;
  /** The purpose of the permission. */
  why: string;
}

/** An environment variable that the package reads. */
interface Variable {
  name: string;
  /** Whether it may be read. */
  readable: boolean;
  /** `null` if it is not set or may not be read. */
  value: string | null;
  about: string;
}

/** All environment variables that the package reads. */
export const VARIABLES: readonly { name: string; about: string }[] = [
  { name: "BUS1_ENGINE", about: 'the engine that programs take: "kernel", "native", "typescript", or "auto"' },
  { name: "BUS1_DEVICE", about: "another device than /dev/bus1" },
  { name: "BUS1_LIBRARY", about: "another native library than the one that comes with this package" },
  { name: "BUS1_SUPERVISOR", about: 'another supervisor for the command "run"' },
  { name: "XDG_CACHE_HOME", about: "the folder of caches, into which the package unpacks its native library" },
  { name: "HOME", about: "the folder that has the folder of caches, .cache, if XDG_CACHE_HOME is not set" },
  { name: "NO_COLOR", about: "no colours, even on a terminal" },
  { name: "FORCE_COLOR", about: "colours, even without a terminal" },
  { name: "TERM", about: 'no colours if it is "dumb"' },
];

/** Makes the diagnosis. */
export async function diagnose(): Promise<Diagnosis> {
  const opened = openLibrary();
  const device = examineDevice();
  const engines = engineReport();
  const permissions = examinePermissions(opened.path);
  const environment = VARIABLES.map(({ name, about }): Variable => ({
    name,
    readable: isPermitted({ name: "env", variable: name }),
    value: environmentVariable(name) ?? null,
    about,
  }));
  const tests = await selfTests(engines.filter(({ available }) => available).map(({ engine }) => engine));
  const found = {
    version: VERSION,
    runtime: runtimeVersion(),
    system: system(),
    library: {
      path: opened.path ?? null,
      from: environmentVariable("BUS1_LIBRARY") === undefined ? "package" as const : "BUS1_LIBRARY" as const,
      opened: "library" in opened,
      reason: "reason" in opened ? opened.reason : null,
    },
    abi: { expected: ABI, found: "library" in opened ? ABI : opened.abi ?? null },
    device,
    engines,
    permissions,
    environment,
    tests,
    live: liveCounts(),
  };
  const works = engines.some(({ chosen }) => chosen) && tests.every(({ result }) => result !== "failed");
  return { ...found, advice: adviceOn(found), ok: works };
}

function examineDevice(): Device {
  const path = defaultDevice();
  const from = environmentVariable("BUS1_DEVICE") === undefined ? "default" : "BUS1_DEVICE";
  const opened = openLibrary();
  if ("reason" in opened) {
    const reason = "it cannot be tried without the native library";
    return { path, from, state: "unknown", faults: [], reason };
  }
  const findings = probe(opened.library, path);
  if ("reason" in findings) return { path, from, state: "unusable", faults: [], reason: findings.reason };
  const faults = findings.faults.map(({ number, words }) => ({ name: `F${number}`, words }));
  return { path, from, state: faults.length === 0 ? "works" : "faulty", faults, reason: null };
}

function examinePermissions(library: string | undefined): Permission[] | null {
  const queries: [PermissionQuery, why: string][] = [
    [{ name: "ffi", path: library }, "the native library, which the engines kernel and native need"],
    [workerPermission(), "Workers of these commands; programs need it for their own Workers"],
    ...VARIABLES.map(({ name }): [PermissionQuery, string] => [{ name: "env", variable: name }, "the environment"]),
    [KERNEL_VERSION, "the version of the kernel, which only this report needs"],
  ];
  const permissions: Permission[] = [];
  for (const [query, why] of queries) {
    const state = permissionState(query);
    if (state === null) return null;
    permissions.push({ name: query.name, target: targetOf(query) ?? null, state, why });
  }
  return permissions;
}

function adviceOn(found: Omit<Diagnosis, "advice" | "ok">): string[] {
  const { library, device, engines, environment, permissions, system } = found;
  const advice: string[] = [];
  const missing = permissions?.filter(({ state }) => state !== "granted") ?? [];
  if (missing.length > 0) {
    advice.push(`permit Deno to read all of this: deno run ${flags(missing)}`);
  }
  const ffi = missing.some(({ name }) => name === "ffi");
  if (!library.opened && !ffi) advice.push(`the native engine: ${library.reason}`);
  if (device.state === "unusable" && system.os === "linux") {
    advice.push("a program with a /dev/bus1: deno run -A jsr:@bus1/bus1/cli run COMMAND");
  }
  if (device.state === "faulty") {
    advice.push(`what each fault means: deno run -A jsr:@bus1/bus1/cli conformance --device ${device.path}`);
  }
  const wanted = environment.find(({ name }) => name === "BUS1_ENGINE")?.value;
  if (!engines.some(({ chosen }) => chosen)) {
    const working = engines.filter(({ available }) => available).map(({ engine }) => engine).join(" or ");
    advice.push(`BUS1_ENGINE is ${JSON.stringify(wanted)}: unset it, or set it to ${working}`);
  }
  return advice;
}

/** Returns the flags that grant these permissions, one for each name. */
function flags(permissions: readonly Permission[]): string {
  const targets = new Map<string, (string | null)[]>();
  for (const { name, target } of permissions) targets.set(name, [...targets.get(name) ?? [], target]);
  return [...targets].map(([name, targets]) => flagFor(name, targets)).join(" ");
}
