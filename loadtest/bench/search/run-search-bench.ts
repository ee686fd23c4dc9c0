import { LightClient } from '../../system/light-client.ts';
import { microsPer, startCpuMeter } from '../machine/cpu-meter.ts';
import { type Spread, toSpread } from '../statistics.ts';
import type { Log } from '../system/bench-services.ts';
import { openShop, putOnSale } from '../system/bench-shop.ts';
import {
  type MeasuredProcess,
  onBenchedSystem,
  type SystemReport,
} from '../system/benched-system.ts';
import { readBenchCatalog } from '../system/read-bench-catalog.ts';
import { type SearchQuery, searchQueries } from './search-queries.ts';

/** Queries that are sent before the measurement. */
const WARM_UP_QUERIES = 200;
const TOGETHER_CONNECTIONS = 4;
const PAGE_ITEMS = 20;
/** Every n-th product is in stock. */
const STOCKED_EVERY = 2;
/** The bench fails unless the p99 of searches that are sent one by one is below this. */
const P99_MS_MAX = 30;

/** Milliseconds from sending a search to receiving its page. */
export interface SearchSample extends Spread {
  readonly connections: number;
  readonly perSecond: number;
  /** The number of searches that found nothing. */
  readonly empty: number;
  /** CPU microseconds per search in each process. Other load on the machine hardly affects them. */
  readonly cpuMicros: Readonly<Record<MeasuredProcess, number>>;
}

/** The result of the search bench, printed as JSON on the last line. */
export interface SearchReport extends SystemReport {
  /** Whether the p99 of searches that are sent one by one is below the limit. */
  readonly ok: boolean;
  readonly products: number;
  readonly queries: number;
  readonly oneByOne: SearchSample;
  readonly together: SearchSample;
}

/**
 * Measures searches over HTTP, one at a time and several concurrently, in the products of a
 * catalogue.
 * @throws Error if the catalogue has no products or a broken row, or if a search is not answered 200
 */
export async function runSearchBench(
  { searchQueries: count, catalog }: { readonly searchQueries: number; readonly catalog: string },
  log: Log,
): Promise<SearchReport> {
  const items = await readBenchCatalog(catalog, log);
  return onBenchedSystem('search', log, async ({ apiUrl, store }, processes) => {
    const titles = items.map(({ title }) => title);
    const { shopId, apiKey } = await openShop(store, 'Searched', 'catalog:read');
    await putOnSale(store, shopId, items, (index) => (index % STOCKED_EVERY === 0 ? 1 : 0));
    const measure = async (queries: readonly SearchQuery[], connections: number) => {
      const stop = startCpuMeter(processes);
      const timed = await search(apiUrl, apiKey, queries, connections);
      const use = stop();
      return { sample: { ...timed, cpuMicros: microsPer(use, queries.length) }, use };
    };
    log(`searching in ${titles.length} products`);
    await measure(searchQueries(titles, WARM_UP_QUERIES), 1);
    const queries = searchQueries(titles, count);
    const [oneByOne, together] = [
      await measure(queries, 1),
      await measure(queries, TOGETHER_CONNECTIONS),
    ];
    return {
      uses: [oneByOne.use, together.use],
      figures: {
        ok: isFastEnough(oneByOne.sample),
        products: titles.length,
        queries: count,
        oneByOne: oneByOne.sample,
        together: together.sample,
      },
    };
  });
}

async function search(
  apiUrl: string,
  apiKey: string,
  queries: readonly SearchQuery[],
  connections: number,
): Promise<Omit<SearchSample, 'cpuMicros'>> {
  const client = new LightClient(apiUrl, connections);
  const headers = `X-Api-Key: ${apiKey}\r\n`;
  const times: number[] = [];
  let [next, empty] = [0, 0];
  const visitor = async () => {
    for (let query = queries[next++]; query !== undefined; query = queries[next++]) {
      const parameters = new URLSearchParams({
        limit: String(PAGE_ITEMS),
        q: query.q,
        ...query.filters,
      });
      const path = `/v1/products?${parameters}`;
      const sentAt = performance.now();
      const { status, body } = await client.send('GET', path, headers);
      times.push(performance.now() - sentAt);
      if (status !== 200) throw new Error(`searching by ${parameters}: ${status} ${body}`);
      if (body.startsWith('{"items":[]')) empty += 1;
    }
  };
  await client.open();
  const startedAt = performance.now();
  try {
    await Promise.all(Array.from({ length: connections }, visitor));
  } finally {
    client.close();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  return { connections, perSecond: queries.length / seconds, empty, ...toSpread(times) };
}

/** Returns whether the searches are as fast as promised. */
export function isFastEnough({ p99 }: Pick<SearchSample, 'p99'>): boolean {
  return p99 < P99_MS_MAX;
}

/** Returns the report as text for a terminal. */
export function searchReportAsText(report: SearchReport): string {
  const { products, queries, oneByOne, together, disturbance } = report;
  const line = (name: string, { p50, p99, max, perSecond, empty, cpuMicros }: SearchSample) =>
    [
      name.padEnd(10),
      `p50 ${p50.toFixed(1)} ms`,
      `p99 ${p99.toFixed(1)} ms`,
      `max ${max.toFixed(1)} ms`,
      `${perSecond.toFixed(0)} a second`,
      `CPU: API ${cpuMicros.api}, mongod ${cpuMicros.mongod}, Redis ${cpuMicros.redis} µs`,
      `${empty} found nothing`,
    ].join('   ');
  return [
    `${queries} searches in ${products} products, over HTTP`,
    line('one by one', oneByOne),
    line(`${together.connections} at once`, together),
    ...disturbance.warnings.map((warning) => `note: ${warning}`),
    ...(report.ok ? [] : [`FAILED: one by one, p99 is not under ${P99_MS_MAX} ms`]),
  ].join('\n');
}
