/**
 * Environment variables, in any runtime. Reading one never makes Deno ask for a permission: without the permission the
 * variable counts as unset. In a browser all variables are unset.
 *
 * @module
 */

interface Runtime {
  Deno?: {
    permissions: { querySync(descriptor: { name: "env"; variable: string }): { state: string } };
    env: { get(name: string): string | undefined };
  };
  process?: { env?: Record<string, string | undefined> };
}

/** The value of an environment variable; `undefined` also if it is empty or may not be read. */
export function environmentVariable(name: string): string | undefined {
  const runtime = globalThis as Runtime;
  const { Deno } = runtime;
  // Deno makes its `process` on the first access, which takes longer than all of this.
  if (Deno?.permissions === undefined) return runtime.process?.env?.[name] || undefined;
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) || undefined : undefined;
}

/** Returns the path of the kernel's device: the environment variable `BUS1_DEVICE`, or else `/dev/bus1`. */
export function defaultDevice(): string {
  return environmentVariable("BUS1_DEVICE") ?? "/dev/bus1";
}
