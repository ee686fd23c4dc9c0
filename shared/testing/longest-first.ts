import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { projectRoot } from '../runtime/env.ts';

/**
 * The files that take longest, longest first. Vitest sorts files that it has not run yet by their
 * size, but these files mostly wait. If one of them started late, it would run alone at the end.
 * Files with a browser follow each other, because the files of a test worker share a browser.
 */
const LONGEST = [
  'loadtest/bench/clusters/clusters-bench.int.test.ts',
  'loadtest/bench/against/run-against.int.test.ts',
  'tests/accessibility/pages.browser.int.test.ts',
  'tests/observatory/observatory.browser.int.test.ts',
  'tests/storefront/storefront.browser.int.test.ts',
  'tests/screenshots/take-screenshots.browser.int.test.ts',
  'tests/observatory/sales.browser.int.test.ts',
  'tests/observatory/search.browser.int.test.ts',
  'api/ops/pages.browser.int.test.ts',
  'tests/observatory/silence.browser.int.test.ts',
  'tests/observatory/charts.browser.int.test.ts',
  'tests/observatory/draws.browser.int.test.ts',
  'tests/promises/37-draw-page.browser.int.test.ts',
  'tests/promises/37-passed-over.browser.int.test.ts',
  'loadtest/bench/records/records-bench.int.test.ts',
  'tests/acceptance/production.int.test.ts',
  'shared/queue/useless-connections.int.test.ts',
  'loadtest/bench/bench.int.test.ts',
  'loadtest/chaos/chaos.int.test.ts',
  'tests/acceptance/guides.int.test.ts',
  'tests/cluster/real-clusters.int.test.ts',
  'worker/judge-record/judging-failover.int.test.ts',
  'loadtest/bench/search/search-bench.int.test.ts',
  'tests/promises/migrations-run-once.int.test.ts',
  'tests/promises/05-a-202-is-never-lost.int.test.ts',
  'tests/promises/17-mongodb-frozen.int.test.ts',
  'tests/promises/14-judging-goes-on.int.test.ts',
  'loadtest/replay/replay.int.test.ts',
  'tests/promises/13-redis-failover.int.test.ts',
  'loadtest/bench/watchers/watchers-bench.int.test.ts',
  'api/system/readiness.int.test.ts',
  'tests/promises/26-passwords-take-their-time.int.test.ts',
  'shared/ledger/judging/following/record-judge.int.test.ts',
  'tests/client/packed-client.int.test.ts',
  'loadtest/bench/growth/growth-bench.int.test.ts',
  'shared/store/migrate.int.test.ts',
  'tests/promises/37-a-killed-draw.int.test.ts',
  'tests/promises/11-partitions-change.int.test.ts',
  'shared/services/mongodb.int.test.ts',
  'tests/promises/imports-all-or-nothing.int.test.ts',
  'tests/promises/32-early-rejections-are-true.int.test.ts',
  'api/docs/real-answers.int.test.ts',
  'tests/promises/33-limits-per-buyer.int.test.ts',
  'api/checkouts/open-waits.int.test.ts',
  'tests/promises/19-events-arrive.int.test.ts',
  'api/server/behind-a-path.int.test.ts',
  'tests/promises/34-lapses-in-a-row.int.test.ts',
  'worker/settle-checkouts/partition-leases.int.test.ts',
  'tests/observatory/feed.int.test.ts',
  'tests/promises/40-a-stopped-worker-is-seen.int.test.ts',
  'commands/start/full-disk.int.test.ts',
  'tests/promises/35-units-go-to-who-waits.int.test.ts',
  'commands/services.int.test.ts',
  'tests/promises/33-shares-of-unlisted-storefronts.int.test.ts',
  'loadtest/bench/storm/storm-bench.int.test.ts',
  'worker/judge-record/judge-lease.int.test.ts',
  'worker/deliver-webhooks/deliver-endpoint.int.test.ts',
  'api/checkouts/checkout-events.int.test.ts',
  'api/audit/audited-changes.int.test.ts',
  'client/http/http.test.ts',
  'loadtest/bench/import/import-bench.int.test.ts',
  'tests/promises/38-no-payment-is-lost.int.test.ts',
  'loadtest/bench/overload/overload-bench.int.test.ts',
  'tests/promises/11-first-accepted-first-served.int.test.ts',
  'api/catalog/import-export/slow-batches.int.test.ts',
  'tests/promises/09-a-killed-sweeper.int.test.ts',
].map((path) => join(projectRoot, path));

/** Starts the longest files first, so that all workers are busy until the end of a run. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.includes(moduleId);
    const rank = ({ moduleId }: TestSpecification) => LONGEST.indexOf(moduleId);
    const long = sorted.filter(isLong).toSorted((first, second) => rank(first) - rank(second));
    return [...long, ...sorted.filter((file) => !isLong(file))];
  }
}
