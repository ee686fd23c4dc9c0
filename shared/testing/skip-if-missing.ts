import type { TestOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** What the machine lacks, so that the test was skipped. */
    missing?: string;
  }
}

/**
 * Options that skip a test or suite if the machine lacks something. `npm test` ends with the
 * reasons.
 * @param missing what the machine lacks; undefined if it has everything
 */
export function skipIfMissing(missing: string | undefined): TestOptions {
  return missing === undefined ? {} : { skip: true, meta: { missing } };
}
