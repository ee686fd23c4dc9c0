import { startPeriodic } from '../../shared/runtime/periodic.ts';
import { unitsPlanned } from '../flag-values.ts';
import type { Api } from '../system/api.ts';
import { finalVerdict } from '../system/final-verdict.ts';
import { buyInvoice } from './buy-invoice.ts';
import type { ReplayOptions } from './options.ts';
import { DoneSet } from './progress/done-set.ts';
import { createMeter, type Display } from './progress/meter.ts';
import { newRunId, openRun, runStatePath, type StoredRun, saveRun } from './progress/run-state.ts';
import { addResult, tallySchema } from './progress/tally.ts';
import type { ReplayInputs } from './read-inputs.ts';
import { replayInvoices } from './replay-invoices.ts';
import type { ReplayReport } from './report.ts';
import { type Assortment, importCatalog, type ShopWork, stockShop } from './stock-shop.ts';

/** The inputs of a replay, the system, and the location of its state. */
export interface ReplaySetting {
  readonly options: Pick<
    ReplayOptions,
    'window' | 'speed' | 'stock' | 'concurrency' | 'onError' | 'restart'
  >;
  readonly inputs: ReplayInputs;
  readonly api: Api;
  readonly dataDir: string;
  /** Starts no more invoices once aborted. */
  readonly signal: AbortSignal;
  /** Receives the progress. */
  readonly stream: Display;
}

const SAVE_EVERY_MS = 1_000;
/** The maximum number of products stocked or published concurrently, each in a transaction. */
const SHOP_CONCURRENCY_MAX = 32;

/**
 * Replays all invoices, or the rest of an interrupted run. Takes the verdict unless the replay is
 * interrupted.
 * @throws Error if the system is unreachable or its response is unexpected; the run can be continued
 */
export async function runReplay(setting: ReplaySetting): Promise<ReplayReport> {
  const { options, inputs, api, dataDir, stream, signal } = setting;
  const assortment = await withMeter(setting, 'products', (work) =>
    importCatalog(api, inputs.catalog, work),
  );
  const shopId = [...assortment.values()][0]?.shopId ?? '';
  const { catalog, invoicesHash } = inputs;
  const { window, stock, onError } = options;
  const inputsOfRun = { catalogHash: catalog.hash, invoicesHash, ...window, stock, onError };
  const path = runStatePath(dataDir, inputsOfRun);
  const now = { shopId, restart: options.restart, at: new Date() };
  const beginning = await openRun(path, now);
  if (beginning.kind === 'new') {
    const plannedUnits = (sku: string) => unitsPlanned(stock, inputs.survey.demand.get(sku) ?? 0);
    await withMeter(setting, 'stock', (work) => stockShop(api, assortment, plannedUnits, work));
  }
  const run = beginning.kind === 'resume' ? beginning.run : createRun(shopId);
  const left = inputs.survey.invoices - new DoneSet(run.done).count;
  stream.write(
    `run ${run.runId}: ${beginning.why}, ${left} invoices to replay; state in ${path}\n`,
  );
  await saveRun(path, run);
  const rowsBefore = run.tally.rows;
  const playedMs = await playAndSave(setting, { run, path, assortment });
  const { speed } = options;
  const report = { run, beginning: beginning.kind, playedMs, left, rowsBefore, inputs, speed };
  if (signal.aborted) return { ...report, verdict: undefined };
  stream.write('all invoices replayed, taking the verdict\n');
  const verdict = await finalVerdict(api, run.startedAt);
  await saveRun(path, { ...run, isFinished: true });
  return { ...report, verdict };
}

type MutableRun = { -readonly [Key in keyof StoredRun]: StoredRun[Key] };

function createRun(shopId: string): MutableRun {
  const startedAt = new Date();
  return {
    runId: newRunId(),
    shopId,
    startedAt,
    savedAt: startedAt,
    isFinished: false,
    done: { before: 0, beyond: [] },
    tally: tallySchema.parse({}),
  };
}

async function withMeter<Result>(
  { inputs, options, stream, signal }: ReplaySetting,
  what: string,
  begin: (work: ShopWork) => Promise<Result>,
): Promise<Result> {
  const meter = createMeter({ what, total: inputs.catalog.items.size, stream });
  const onProgress = (done: number) => {
    signal.throwIfAborted();
    meter.show(done);
  };
  try {
    return await begin({
      concurrency: Math.min(options.concurrency, SHOP_CONCURRENCY_MAX),
      onProgress,
    });
  } finally {
    meter.stop();
  }
}

interface PlayedRun {
  readonly run: MutableRun;
  readonly path: string;
  readonly assortment: Assortment;
}

/**
 * Replays the invoices. Updates `run` and saves it every second and at the end.
 * @returns the duration in ms
 */
async function playAndSave(
  { options, inputs, api, signal, stream }: ReplaySetting,
  { run, path, assortment }: PlayedRun,
): Promise<number> {
  const done = new DoneSet(run.done);
  const context = { api, runId: run.runId, assortment };
  const meter = createMeter({ what: 'invoices', total: inputs.survey.invoices, stream });
  const startedAt = performance.now();
  const doneBefore = done.count;
  let lateMs = 0;
  const save = async () => {
    run.done = done.toJSON();
    run.savedAt = new Date();
    await saveRun(path, run);
  };
  const saving = startPeriodic({ everyMs: SAVE_EVERY_MS, run: save, onError: () => undefined });
  try {
    await replayInvoices(inputs.invoices(), {
      speed: options.speed,
      concurrency: options.concurrency,
      done,
      signal,
      playOne: (invoice) => buyInvoice(context, invoice),
      onLate: (late) => {
        lateMs = late;
      },
      onEnd: (invoice, result) => {
        addResult(run.tally, result, invoice.rows);
        const perS = ((done.count - doneBefore) * 1_000) / (performance.now() - startedAt);
        meter.show(done.count, toProgressNote(run, perS, lateMs));
      },
    });
  } finally {
    await saving.stop();
    await save();
    meter.stop();
  }
  return performance.now() - startedAt;
}

const LATE_MS_MIN = 1_000;

function toProgressNote({ tally }: StoredRun, perS: number, lateMs: number): string {
  const late = lateMs < LATE_MS_MIN ? '' : `, ${Math.round(lateMs / 1_000)} s late`;
  const { placed, rejected, failed } = tally;
  return `${perS.toFixed(0)}/s, placed ${placed}, rejected ${rejected}, failed ${failed}${late}`;
}
