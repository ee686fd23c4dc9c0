import type { Reporter } from 'vitest/node';

/** How a test run came out, in tests. */
export type Tally = { passed: number; failed: number; skipped: number };

/** The line by which programs read a test run. */
export function tallyLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A reporter that counts. A file that cannot be run and an error outside any test count as failed. */
export function createTally(): { tally: Tally; reporter: Reporter } {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
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
        }
        if (!module.ok() && !hasFailedTest) tally.failed += 1;
      }
    },
  };
  return { tally, reporter };
}
