import type { Reporter, TestCase } from 'vitest/node';

/** The test counts of a run. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** The number of skipped tests by the reason for skipping them. */
  readonly missing: Map<string, number>;
}

/** Returns the last lines of a run: the skipped tests with reasons, then the counts. */
export function tallyLines({ passed, failed, skipped, missing }: Tally): string[] {
  const leftOut = [...missing].map(
    ([reason, count]) => `left out ${count} test${count === 1 ? '' : 's'}: ${reason}`,
  );
  return [...leftOut, `${passed} passed, ${failed} failed, ${skipped} skipped`];
}

/** Creates a reporter that counts tests. A file that cannot run and an error outside tests are failures. */
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
          // A test that did not finish, as after an interrupt, counts as failed.
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

/** Returns what the machine lacks for the test or one of its suites. */
function missingFor(test: TestCase): string | undefined {
  let missing = test.meta().missing;
  for (let parent = test.parent; parent.type === 'suite'; parent = parent.parent) {
    missing ??= parent.meta().missing;
  }
  return missing;
}
