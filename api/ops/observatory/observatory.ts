import type { WireEvent } from '../../../shared/contract/events.ts';
import { readJudgement } from '../../../shared/ledger/judging/following/judgement.ts';
import type { CheckoutQueue } from '../../../shared/queue/checkout-queue.ts';
import type { Clock } from '../../../shared/runtime/clock.ts';
import { type Periodic, startPeriodic } from '../../../shared/runtime/periodic.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { HealthMonitor } from '../../system/health-monitor.ts';
import { EventTally } from './event-tally.ts';
import { type ChartPoint, type Figures, toChartPoint } from './figures.ts';
import { FinishedJobs } from './finished-jobs.ts';
import { HotVariants } from './hot-variants.ts';
import { LockTally } from './lock-tally.ts';
import { MarkReader } from './marks/read-marks.ts';
import { PauseReader } from './pause/read-pause.ts';
import { ProductNames } from './product-names.ts';
import { DrawReader } from './read-draws.ts';
import { countAccepted, readLatest, readPartitions, readStock, timeRead } from './read-record.ts';
import { findLastServed, WaitReader } from './read-waits.ts';
import { ShedReader } from './shed/read-shed.ts';
import { type WatcherConnection, Watchers } from './watchers.ts';

const SHOW_EVERY_MS = 500;
/** Checkouts are counted this long after the time in their ids, because they are stored later. */
const COUNT_AFTER_MS = 1_000;
const VARIANTS_SHOWN = 6;
/** New watchers get a minute of history for the charts. */
const HISTORY_MAX = 120;
/**
 * Collecting goes on this long without watchers, so that a page that reconnects, is reloaded or was
 * hidden for a moment misses nothing.
 */
const LINGER_MS = 30_000;
/** Browsers reconnect after this time; their own default is some seconds. */
const RECONNECT_AFTER_MS = 500;

/** Where the figures come from. */
export interface FigureSources {
  readonly store: Store;
  readonly queue: CheckoutQueue;
  readonly clock: Clock;
  readonly health: Pick<HealthMonitor, 'latest'>;
}

/**
 * Collects figures of the whole system twice a second while it has watchers, and sends the same
 * bytes to all of them. Half a minute after the last watcher has left, it stops reading and
 * counting.
 */
export class Observatory {
  readonly #sources: FigureSources;
  readonly #lingerMs: number;
  readonly #watchers = new Watchers(() => this.#linger());
  #collection: Collection | undefined;
  #lingering: NodeJS.Timeout | undefined;

  constructor(sources: FigureSources, { lingerMs = LINGER_MS } = {}) {
    this.#sources = sources;
    this.#lingerMs = lingerMs;
  }

  /** Whether figures are being collected. */
  get isCollecting(): boolean {
    return this.#collection !== undefined;
  }

  /** Handles the events of one transaction that a worker has published. */
  onEvents(events: readonly WireEvent[]): void {
    this.#collection?.tally.add(events);
  }

  /**
   * Opens a stream of Server-Sent Events: `history` once, then `figures` twice a second.
   * @throws RefusedError too_many_waits
   */
  watch(connection: WatcherConnection): ReadableStream<Uint8Array> {
    const stream = this.#watchers.open(this.#historyFrame(), connection);
    clearTimeout(this.#lingering);
    this.#collection ??= new Collection(this.#sources, (frame) => this.#watchers.send(frame));
    return stream;
  }

  /** Ends all streams and stops collecting, so that the process can end. */
  end(): void {
    this.#watchers.end();
    this.#stopCollecting();
  }

  #historyFrame(): Uint8Array {
    return toFrame('history', this.#collection?.history ?? [], RECONNECT_AFTER_MS);
  }

  #linger(): void {
    clearTimeout(this.#lingering);
    this.#lingering = setTimeout(() => this.#stopCollecting(), this.#lingerMs).unref();
  }

  #stopCollecting(): void {
    clearTimeout(this.#lingering);
    this.#collection?.stop();
    this.#collection = undefined;
  }
}

/** Collects figures from the first watcher until some time after the last watcher has left. */
class Collection {
  readonly tally = new EventTally();
  readonly history: ChartPoint[] = [];
  readonly #sources: FigureSources;
  readonly #hot = new HotVariants();
  readonly #jobs = new FinishedJobs();
  readonly #locks = new LockTally();
  readonly #names: ProductNames;
  readonly #draws: DrawReader;
  readonly #marks: MarkReader;
  readonly #shed: ShedReader;
  readonly #pause: PauseReader;
  readonly #waits: WaitReader;
  readonly #rounds: Periodic;
  #countedUntil: Date;
  #advancedAt = performance.now();
  #isStopped = false;

  constructor(sources: FigureSources, show: (frame: Uint8Array) => Promise<void>) {
    this.#sources = sources;
    this.#names = new ProductNames(sources.store);
    this.#draws = new DrawReader(sources.store, this.#names);
    this.#marks = new MarkReader(sources.store);
    this.#shed = new ShedReader(sources.store);
    this.#pause = new PauseReader(sources.store, sources.queue);
    this.#waits = new WaitReader(sources.store);
    this.#countedUntil = this.#countUntil();
    this.#rounds = startPeriodic({
      everyMs: SHOW_EVERY_MS,
      // Every read handles its own failure: the figures of a failed read are missing.
      onError: () => undefined,
      run: async () => {
        const figures = await this.#read();
        if (this.#isStopped) return;
        this.history.push(toChartPoint(figures));
        if (this.history.length > HISTORY_MAX) this.history.shift();
        await show(toFrame('figures', figures));
      },
    });
  }

  stop(): void {
    this.#isStopped = true;
    void this.#rounds.stop();
  }

  async #read(): Promise<Figures> {
    const { store, queue, clock, health } = this.#sources;
    const [from, until] = [this.#countedUntil, this.#countUntil()];
    const [latest, accepted, verdict, partitions, redis, draws, locks, marks, shed, waits] =
      await Promise.all([
        readLatest(store).catch(() => []),
        countAccepted(store, { from, until }).catch(() => null),
        timeRead('the verdict', () => readJudgement(store, clock.now())),
        readPartitions(queue).catch(() => null),
        timeRead('a read of Redis', () => queue.bull.isPaused()),
        this.#draws.read(clock.now()).catch(() => null),
        this.#readLocks().catch(() => null),
        this.#marks.read(clock.now()).catch(() => null),
        this.#shed.read(clock.now()).catch(() => null),
        this.#waits.read(clock.now()),
      ]);
    this.#countedUntil = until;
    this.#hot.add(latest);
    this.tally.addRefusals(
      latest.flatMap(({ _id: checkoutId, rejection, settledAt: at }) => {
        if (rejection === undefined || at === undefined) return [];
        return [{ checkoutId, at, code: rejection.code, variantId: rejection.variantId }];
      }),
    );
    const [stock, pause] = await Promise.all([
      readStock(store, this.#hot.top(VARIANTS_SHOWN)).catch(() => null),
      partitions && this.#pause.read(partitions, clock.now()),
    ]);
    const now = performance.now();
    const tallied = this.tally.advance(now - this.#advancedAt, accepted, redis.ms !== null);
    this.#advancedAt = now;
    const { settled, rejectedEarly, outcomes, latencyMs, batches } = tallied;
    const { backlog, workers } = health.latest;
    return {
      at: clock.now(),
      verdict: verdict.value,
      rates: {
        accepted: tallied.accepted,
        settled,
        rejectedEarly,
        shed: shed?.perSecond ?? null,
      },
      latencyMs,
      outcomes,
      batches,
      locks,
      backlog: backlog ? { queued: backlog.waiting, oldestMs: backlog.oldestMs } : null,
      waits: waits && {
        ...waits,
        lastMinute: tallied.waits,
        lastServed: findLastServed(workers ?? []),
      },
      partitions,
      servers: { mongodbMs: verdict.ms, redisMs: redis.ms },
      workers: workers ?? null,
      stock,
      draws,
      refusals: this.tally.refusals,
      shed: shed?.lastMinute ?? null,
      pause,
      marks,
    };
  }

  /** Reads the waits that the latest jobs report, and the titles of the contended products. */
  async #readLocks(): Promise<Figures['locks']> {
    this.#locks.add(await this.#jobs.readNew(this.#sources.queue));
    const figures = this.#locks.figures();
    if (figures === null) return null;
    await this.#names.load(figures.contended.map(({ productId }) => productId));
    const contended = figures.contended.map((product) => {
      return { ...product, title: this.#names.title(product.productId) };
    });
    return { ...figures, contended };
  }

  #countUntil(): Date {
    return new Date(this.#sources.clock.now().getTime() - COUNT_AFTER_MS);
  }
}

const encoder = new TextEncoder();

function toFrame(event: string, data: unknown, retryMs?: number): Uint8Array {
  const retry = retryMs === undefined ? '' : `retry: ${retryMs}\n`;
  return encoder.encode(`${retry}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
