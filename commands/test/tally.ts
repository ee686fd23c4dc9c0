import type { Reporter, TestCase } from 'vitest/node';

/** How a test run came out, in tests. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** What the machine lacks, with the number of tests that were skipped for it. */
  readonly missing: Map<string, number>;
}

/** Returns the last lines of a run: what was left out and why, then the counts for programs. */
export function tallyLines({ passed, failed, skipped, missing }: Tally): string[] {
  const leftOut = [...missing].map(
    ([reason, count]) => `left out ${count} test${count === 1 ? '' : 's'}: ${reason}`,
  );
  return [...leftOut, `${passed} passed, ${failed} failed, ${skipped} skipped`];
}

/** A reporter that counts. A file that cannot be run and an error outside any test count as failed. */
export function createTally(): { tally: Tally; reporter: Reporter } {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0, missing: new Map() };
  const reporter: Reporter = {
    onTestRunEnd: (modules, unhandledErrors) => {
      tally.failed += unhandledErrors.length;
      for (const module of modules) {
        let hasFailedTest = false;
        for (const test of module.children.allTests()) {
          const { state } = test.result();
          hasFailedTest ||= state === 'failed';
          // A test that never ran to an end, as after an interrupt, has not been shown to work.
          tally[state === 'pending' ? 'failed' : state] += 1;
          const missing = missingFor(test);
          if (state === 'skipped' && missing !== undefined) {
            tally.missing.set(missing, (tally.missing.get(missing) ?? 0) + 1);
          }
        }
        if (!module.ok() && !hasFailedTest) tally.failed += 1;
      }
    },
  };
  return { tally, reporter };
}

/** What the test or one of its suites needs and the machine lacks. */
function missingFor(test: TestCase): string | undefined {
  let missing = test.meta().missing;
  for (let parent = test.parent; parent.type === 'suite'; parent = parent.parent) {
    missing ??= parent.meta().missing;
  }
  return missing;
}
