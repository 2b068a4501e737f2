/** The runner counts right, and does not mistake a failure for a success. */

import { assertEquals } from "@std/assert";
import {
  countFuzz,
  countJunit,
  countOne,
  type Counts,
  countZig,
  judged,
  silentFiles,
  silentInNodejs,
} from "../../tools/counting.ts";
import { test } from "../support/harness.ts";

const success = { success: true, late: false };
const failure = { success: false, late: false };
const late = { success: false, late: true };

const deno = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="3" failures="1" errors="0" time="0.025">
    <testsuite name="./suite/a_test.ts" tests="3" disabled="1" errors="0" failures="1">
        <testcase name="works" classname="./suite/a_test.ts" time="0.004" line="5" col="1">
        </testcase>
        <testcase name="skipped &lt;here&gt;" classname="./suite/a_test.ts" time="0.000" line="7" col="6">
            <skipped/>
        </testcase>
        <testcase name="fails" classname="./suite/a_test.ts" time="0.002" line="8" col="1">
            <failure message="1 !== 2">AssertionError: &lt;testcase /&gt;</failure>
        </testcase>
    </testsuite>
</testsuites>`;

const bun = `<testsuites name="bun test" tests="3" failures="1" skipped="1" time="0.06">
  <testsuite name="suite/a_test.ts" file="suite/a_test.ts" tests="3" failures="1" skipped="1">
    <testcase name="works" classname="" time="0.006" file="suite/a_test.ts" line="5" assertions="0" />
    <testcase name="skipped &lt;here&gt;" classname="" time="0" file="suite/a_test.ts" line="7">
      <skipped />
    </testcase>
    <testcase name="fails" classname="" time="0.001" file="suite/a_test.ts" line="8">
      <failure type="AssertionError" message="1 !== 2">AssertionError</failure>
    </testcase>
  </testsuite>
</testsuites>`;

function numbers({ passed, failed, skipped }: Counts): number[] {
  return [passed, failed, skipped.length];
}

for (const [runtime, report] of Object.entries({ deno, bun })) {
  test(`counting: a report of ${runtime}`, () => {
    const counts = countJunit(report);
    assertEquals(counts, { passed: 1, failed: 1, skipped: ["skipped <here>"], problems: [] });
    assertEquals(numbers(judged(counts, failure)), [1, 1, 1]);
  });
}

test("counting: a file without a test has failed", () => {
  const files = ["suite/a_test.ts", "suite/b_test.ts", "suite/c_test.ts"];
  const output = "running 3 tests from ./suite/a_test.ts\nworks ... ok\nrunning 0 tests from ./suite/b_test.ts\n";
  assertEquals(silentFiles(files, output, deno), ["suite/b_test.ts", "suite/c_test.ts"]);
  assertEquals(silentFiles(files, "", bun), ["suite/b_test.ts", "suite/c_test.ts"]);

  const counts = judged(countJunit(deno), failure, ["suite/b_test.ts"]);
  assertEquals(numbers(counts), [1, 2, 1]);
  assertEquals(counts.problems, ["suite/b_test.ts ran no test"]);
});

test("counting: in Node.js a file without a test is one that passed, by its whole name or its last part", () => {
  const node = `<testsuites>
    <testcase name="works in a_test.ts" time="0.01" classname="test"/>
    <testcase name="/tmp/x/suite/b_test.js" time="0.07" classname="test"/>
    <testcase name="c_test.js" time="0.03" classname="test"/>
  </testsuites>`;
  const files = ["suite/a_test.ts", "suite/b_test.ts", "suite/deep/c_test.ts"];
  assertEquals(silentInNodejs(files, "", node), files.slice(1));
  assertEquals(numbers(judged(countJunit(node), success, files.slice(1))), [3, 2, 0]);
});

test("counting: a suite without a report has failed", () => {
  assertEquals(numbers(judged(countJunit(""), success)), [0, 1, 0]);
});

test("counting: Zig's summaries", () => {
  const summary = (tests: string) =>
    judged(countZig(`Build Summary: 3/3 steps succeeded${tests}\ntest success`), success);
  assertEquals(numbers(summary("; 42/42 tests passed")), [42, 0, 0]);
  assertEquals(numbers(summary("; 1/2 tests passed (1 skipped)")), [1, 0, 1]);
  assertEquals(numbers(summary("; 3/6 tests passed (1 skipped, 1 failed, 1 crashed)")), [3, 2, 1]);
  assertEquals(numbers(summary("")), [0, 1, 0], "no test at all");
});

test("counting: the fuzzer's report, which comes with success whatever was found", () => {
  const tried = "Build Summary: 3/3 steps succeeded; 4/4 tests passed\n";
  const report = "= FUZZING REPORT =\nRuns: 0 -> 150000\nUnique runs: 0 -> 90\nCoverage: 0/900 -> 300/900 (33.33%)\n";
  const counts = judged(countFuzz(tried + report), success);
  assertEquals(numbers(counts), [4, 0, 0]);
  assertEquals(counts.figures?.length, 3);
  const found = "error: test 'a' terminated with signal ABRT; input saved to '.zig-cache/f/crash'\n";
  assertEquals(numbers(judged(countFuzz(found + report + tried), success)), [3, 1, 0]);
  assertEquals(numbers(judged(countFuzz(tried), success)), [0, 1, 0], "nothing new was tried");
});

test("counting: an ending without success adds a failure", () => {
  const passed = { passed: 7, failed: 0, skipped: [], problems: [] };
  assertEquals(numbers(judged(passed, success)), [7, 0, 0]);
  assertEquals(numbers(judged(passed, failure)), [7, 1, 0]);
  assertEquals(numbers(judged(passed, late)), [7, 1, 0]);
  assertEquals(numbers(judged({ ...passed, failed: 2 }, failure)), [7, 2, 0], "failing tests say enough");
  assertEquals(numbers(judged(countOne(success), success)), [1, 0, 0]);
  assertEquals(numbers(judged(countOne(failure), failure)), [0, 1, 0]);
});
