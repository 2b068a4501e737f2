/**
 * The modules of Node.js that every supported runtime contains, without an import statement: a bundler for browsers would
 * fail on it.
 *
 * @module
 */

/** Returns a module of the runtime itself, such as `node:zlib`. */
export function builtinModule<Module>(name: string): Module {
  return (globalThis as unknown as { process: { getBuiltinModule(name: string): Module } })
    .process.getBuiltinModule(name);
}
