import type { TestApi } from '../../testing/start-test-api.ts';

/** A request that provokes a code, and the members that the problem must have. */
export type ProblemScenario = readonly [
  code: string,
  how: string,
  members: readonly string[],
  provoke: (api: TestApi) => Promise<{ readonly body: unknown }>,
];

let keyCount = 0;

/** Returns headers with a new idempotency key. */
export function newKey() {
  keyCount += 1;
  return { 'idempotency-key': `promised-${keyCount}` };
}
