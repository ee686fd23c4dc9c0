import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { projectRoot } from '../runtime/env.ts';

/**
 * The files that take longest, longest first. Vitest sorts files that it has not run yet by their
 * size, which says nothing about these, because they mostly wait. If one of them started late, it
 * would run alone at the end.
 */
const LONGEST = [
  'worker/judge-record/judging-failover.int.test.ts',
  'tests/cluster/real-clusters.int.test.ts',
  'tests/client/packed-client.int.test.ts',
  'tests/promises/05-a-202-is-never-lost.int.test.ts',
  'api/system/readiness.int.test.ts',
  'tests/storefront/storefront.browser.int.test.ts',
  'tests/accessibility/pages.browser.int.test.ts',
  'api/checkouts/open-waits.int.test.ts',
  'loadtest/replay/replay.int.test.ts',
  'tests/promises/migrations-run-once.int.test.ts',
  'tests/acceptance/production.int.test.ts',
  'tests/observatory/observatory.browser.int.test.ts',
  'tests/promises/17-mongodb-frozen.int.test.ts',
  'shared/queue/useless-connections.int.test.ts',
  'tests/promises/19-events-arrive.int.test.ts',
  'loadtest/bench/bench.int.test.ts',
  'api/docs/real-answers.int.test.ts',
  'tests/promises/13-redis-failover.int.test.ts',
  'tests/promises/17-redis-frozen.int.test.ts',
  'worker/fan-out-events/fan-out-lease.int.test.ts',
  'api/catalog/import-export/slow-batches.int.test.ts',
  'commands/start/full-disk.int.test.ts',
  'tests/traces/collector-hangs.int.test.ts',
].map((path) => join(projectRoot, path));

/** Starts the longest files first, so that all workers are busy until the end of a run. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.includes(moduleId);
    const place = ({ moduleId }: TestSpecification) => LONGEST.indexOf(moduleId);
    const long = sorted.filter(isLong).toSorted((one, other) => place(one) - place(other));
    return [...long, ...sorted.filter((file) => !isLong(file))];
  }
}
