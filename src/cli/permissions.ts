/**
 * Deno's permissions, as far as commands must know of them before they try something: asking never makes Deno ask.
 *
 * @module
 */

/** What a permission can be: `"prompt"` is not granted, and using it would ask. */
export type PermissionState = "granted" | "prompt" | "denied";

/** Which permission: its name, and what it is for. */
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

/** What a permission is; `null` in a runtime that has none. */
export function permissionState(query: PermissionQuery): PermissionState | null {
  const { Deno } = globalThis as unknown as { Deno?: DenoNamespace };
  return Deno?.permissions === undefined ? null : Deno.permissions.querySync(query).state;
}

/** Whether something may be done without being asked about. */
export function isPermitted(query: PermissionQuery): boolean {
  return (permissionState(query) ?? "granted") === "granted";
}
