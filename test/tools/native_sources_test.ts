/** The hash of the native sources covers the files that the builds are made from, and no others. */

import { assert, assertEquals } from "@std/assert";
import { test } from "../support/harness.ts";
import { nativeSources } from "../../tools/native_sources.ts";

test("native sources: the library's, the supervisor's and the build's, and those of no test", async () => {
  const sources = await nativeSources();
  for (const path of ["native/build.zig", "native/src/bus/peer.zig", "native/src/supervisor/front.zig"]) {
    assert(sources.includes(path), path);
  }
  assertEquals(sources.filter((path) => /src\/(explore|fuzz|test)\//.test(path)), []);
});
