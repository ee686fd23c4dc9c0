import { rebuildSearch } from '../../../shared/search/rebuild.ts';
import type { OrderRecord } from '../../../shared/store/collections/orders.ts';
import { LightClient } from '../../system/light-client.ts';
import { fillPast, toCarrierReference, toPaymentReference } from '../growth/fill-past.ts';
import { startCpuMeter } from '../machine/cpu-meter.ts';
import type { BenchOptions } from '../options.ts';
import { type Spread, toSpread } from '../statistics.ts';
import type { Log } from '../system/bench-services.ts';
import { openShop } from '../system/bench-shop.ts';
import { OPERATOR_LOGIN, onBenchedSystem, type SystemReport } from '../system/benched-system.ts';

/** The bench fails unless the p99 of every kind of search is below this. */
const P99_MS_MAX = 200;
const PAGE_ITEMS = 20;
/** Searches of each kind that are sent before the measurement. */
const WARM_UP = 20;
const ORDERS_PER_BUYER = 20;
/** A search by time covers this long before and after the time of an order. */
const AROUND_MS = 30_000;

/** An order that is searched for. */
type SampledOrder = Pick<OrderRecord, '_id' | 'checkoutId' | 'placedAt'>;

/** One kind of search: the role of its caller, and the path of each search. */
interface SearchKind {
  readonly name: string;
  readonly role: 'operator' | 'seller';
  readonly toPath: (index: number) => string;
}

/** Milliseconds from sending a search to receiving its page. */
interface KindReport extends Spread {
  readonly name: string;
  /** The number of searches that found nothing. */
  readonly empty: number;
}

/** The result of the records bench, printed as JSON on the last line. */
export interface RecordsReport extends SystemReport {
  /** Whether the p99 of every kind is below the limit. */
  readonly ok: boolean;
  readonly orders: number;
  /** Gigabytes of MongoDB's cache. */
  readonly cacheGb: number;
  /** Checkouts and orders that a rebuild indexes a second. */
  readonly indexedPerSecond: number;
  readonly kinds: readonly KindReport[];
}

type Options = Pick<BenchOptions, 'pastOrders' | 'pastProducts' | 'searchQueries' | 'cacheGb'>;

/**
 * Measures searches on the record over HTTP, one at a time, among many past orders and their
 * checkouts.
 * @throws Error if a search is not answered 200
 */
export function runRecordsBench(options: Options, log: Log): Promise<RecordsReport> {
  const { pastOrders: orders, pastProducts: products, searchQueries, cacheGb } = options;
  return onBenchedSystem(
    'records',
    log,
    async (system, { measured }) => {
      const { apiUrl, store } = system;
      await system.stopWorker();
      const { shopId, apiKey } = await openShop(store, 'Searched', 'orders:read');
      log(`storing ${orders} past orders of ${products} products`);
      await fillPast(store, shopId, { orders, products });
      log('indexing the orders and their checkouts');
      const startedAt = performance.now();
      const rebuilt = await rebuildSearch(store);
      const seconds = (performance.now() - startedAt) / 1_000;
      const sample = await store.orders
        .aggregate<SampledOrder>([
          { $sample: { size: Math.min(orders, searchQueries) } },
          { $project: { checkoutId: 1, placedAt: 1 } },
        ])
        .toArray();
      const stop = startCpuMeter({ measured, others: [process.pid] });
      const kinds: KindReport[] = [];
      for (const kind of toKinds(sample, { orders, products })) {
        log(`searching by ${kind.name}`);
        await search(apiUrl, apiKey, kind, WARM_UP);
        kinds.push(await search(apiUrl, apiKey, kind, searchQueries));
      }
      return {
        uses: [stop()],
        figures: {
          ok: kinds.every(isFastEnough),
          orders,
          cacheGb,
          indexedPerSecond: Math.round((rebuilt.checkouts + rebuilt.orders) / seconds),
          kinds,
        },
      };
    },
    { cacheGb },
  );
}

/** Returns whether searches of a kind are as fast as promised. */
export function isFastEnough({ p99 }: Pick<KindReport, 'p99'>): boolean {
  return p99 < P99_MS_MAX;
}

function toKinds(
  sample: readonly SampledOrder[],
  { orders, products }: { readonly orders: number; readonly products: number },
): SearchKind[] {
  const sampled = (index: number) => sample[index % sample.length];
  // Multiples of a prime spread over all buyers, orders and products if their numbers are round.
  const buyer = (index: number) =>
    `buyer-${(index * 7_919) % Math.ceil(orders / ORDERS_PER_BUYER)}`;
  // Skips each tenth order, which is cancelled and has no references.
  const deliveredIndex = (index: number) => {
    const order = (index * 7_919) % orders;
    return order % 10 === 0 ? order + 1 : order;
  };
  const aroundSampled = (index: number) => {
    const at = sampled(index)?.placedAt.getTime() ?? 0;
    return {
      from: new Date(at - AROUND_MS).toISOString(),
      to: new Date(at + AROUND_MS).toISOString(),
    };
  };
  const sku = (index: number) => `PAST-${(index * 7_919) % products}`;
  const records = (query: Record<string, string>) =>
    `/ops/records?${new URLSearchParams({ limit: String(PAGE_ITEMS), ...query })}`;
  const shopOrders = (query: Record<string, string>) =>
    `/v1/orders?${new URLSearchParams({ limit: String(PAGE_ITEMS), ...query })}`;
  return [
    {
      name: 'order id',
      role: 'operator',
      toPath: (index) => records({ q: sampled(index)?._id ?? '' }),
    },
    {
      name: 'checkout id',
      role: 'operator',
      toPath: (index) => records({ q: sampled(index)?.checkoutId ?? '' }),
    },
    { name: 'buyer', role: 'operator', toPath: (index) => records({ q: buyer(index) }) },
    { name: 'SKU', role: 'operator', toPath: (index) => records({ q: sku(index) }) },
    {
      name: 'SKU and status',
      role: 'operator',
      toPath: (index) => records({ q: sku(index), status: 'cancelled' }),
    },
    {
      name: 'SKU and reason',
      role: 'operator',
      toPath: (index) => records({ q: sku(index), reason: 'out_of_stock' }),
    },
    {
      name: 'payment reference',
      role: 'operator',
      toPath: (index) => records({ q: toPaymentReference(deliveredIndex(index)) }),
    },
    {
      name: 'tracking reference',
      role: 'operator',
      toPath: (index) => records({ q: toCarrierReference(deliveredIndex(index)) }),
    },
    { name: 'status', role: 'operator', toPath: () => records({ status: 'cancelled' }) },
    { name: 'reason', role: 'operator', toPath: () => records({ reason: 'out_of_stock' }) },
    {
      name: 'time and reason',
      role: 'operator',
      toPath: (index) => records({ ...aroundSampled(index), reason: 'out_of_stock' }),
    },
    { name: 'time', role: 'operator', toPath: (index) => records(aroundSampled(index)) },
    { name: 'newest', role: 'operator', toPath: () => records({}) },
    { name: 'buyer of a shop', role: 'seller', toPath: (index) => shopOrders({ q: buyer(index) }) },
    {
      name: 'SKU of a shop',
      role: 'seller',
      toPath: (index) => shopOrders({ q: sku(index), status: 'delivered,shipped' }),
    },
    {
      name: 'changes of a shop',
      role: 'seller',
      toPath: () => shopOrders({ updatedSince: new Date(0).toISOString() }),
    },
  ];
}

async function search(
  apiUrl: string,
  apiKey: string,
  { name, role, toPath }: SearchKind,
  count: number,
): Promise<KindReport> {
  const client = new LightClient(apiUrl, 1);
  const headers =
    role === 'seller' ? `X-Api-Key: ${apiKey}\r\n` : `Authorization: ${OPERATOR_LOGIN}\r\n`;
  const times: number[] = [];
  let empty = 0;
  await client.open();
  try {
    for (let index = 0; index < count; index += 1) {
      const path = toPath(index);
      const sentAt = performance.now();
      const { status, body } = await client.send('GET', path, headers);
      times.push(performance.now() - sentAt);
      if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
      if (body.startsWith('{"items":[]')) empty += 1;
    }
  } finally {
    client.close();
  }
  return { name, empty, ...toSpread(times) };
}

/** Returns the report as text for a terminal. */
export function recordsReportAsText(report: RecordsReport): string {
  const { orders, cacheGb, indexedPerSecond, kinds, disturbance } = report;
  const line = ({ name, p50, p99, max, empty }: KindReport) =>
    [
      name.padEnd(20),
      `p50 ${p50.toFixed(1)} ms`,
      `p99 ${p99.toFixed(1)} ms`,
      `max ${max.toFixed(1)} ms`,
      `${empty} found nothing`,
    ].join('   ');
  const slow = kinds.filter((kind) => !isFastEnough(kind)).map(({ name }) => name);
  return [
    `searches among ${orders} orders and their checkouts, over HTTP, one by one`,
    `with ${cacheGb} GB of cache in MongoDB`,
    `a rebuild indexed ${indexedPerSecond} orders and checkouts a second`,
    ...kinds.map(line),
    ...disturbance.warnings.map((warning) => `note: ${warning}`),
    ...(slow.length === 0 ? [] : [`FAILED: p99 is not under ${P99_MS_MAX} ms: ${slow.join(', ')}`]),
  ].join('\n');
}
