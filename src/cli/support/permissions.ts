/**
 * Deno's permissions, as far as commands must know of them before they try something. A query never makes Deno ask the user.
 *
 * @module
 */

/** The state of a permission. `"prompt"`: it is not granted, and its use would ask the user. */
export type PermissionState = "granted" | "prompt" | "denied";

/** A permission: its name, and its target. */
export interface PermissionQuery {
  readonly name: "ffi" | "read" | "env" | "sys" | "import";
  readonly path?: string;
  readonly variable?: string;
  readonly kind?: string;
  readonly host?: string;
}

interface DenoNamespace {
  permissions: { querySync(query: PermissionQuery): { state: PermissionState } };
}

/** Returns the state of a permission; `null` in a runtime that has none. */
export function permissionState(query: PermissionQuery): PermissionState | null {
  const { Deno } = globalThis as unknown as { Deno?: DenoNamespace };
  return Deno?.permissions === undefined ? null : Deno.permissions.querySync(query).state;
}

/** Whether something is permitted, so that Deno does not ask the user. */
export function isPermitted(query: PermissionQuery): boolean {
  return (permissionState(query) ?? "granted") === "granted";
}

/** Returns what the permission is for; `undefined` if it is for everything of its name. */
export function targetOf({ path, variable, kind, host }: PermissionQuery): string | undefined {
  return path ?? variable ?? kind ?? host;
}

/** Returns the flag that grants a permission for some targets; for everything, if one of them is `null`. */
export function flagFor(name: string, targets: readonly (string | null)[]): string {
  return `--allow-${name}${targets.includes(null) ? "" : `=${targets.join(",")}`}`;
}
