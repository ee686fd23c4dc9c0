import type { TestOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** The thing that the machine lacks; it is the reason why the test was skipped. */
    missing?: string;
  }
}

/**
 * Returns options that skip a test or suite if the machine lacks something. `npm test` prints the
 * reasons at the end.
 * @param missing what the machine lacks; undefined if it has everything
 */
export function skipIfMissing(missing: string | undefined): TestOptions {
  return missing === undefined ? {} : { skip: true, meta: { missing } };
}
