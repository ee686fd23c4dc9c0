import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { projectRoot } from '../../shared/runtime/env.ts';
import type { RunningSystem, SigningKey } from '../system/running-system.ts';
import type { SaleOptions } from './options.ts';
import type { TestProducts } from './test-products.ts';

interface K6Run {
  readonly k6: string;
  readonly saleId: string;
  readonly system: RunningSystem;
  readonly options: SaleOptions;
  readonly products: TestProducts;
  /** The path of the HTML report. */
  readonly report: string;
  readonly signal: AbortSignal;
  /** Whether k6's output is shown. */
  readonly output: 'inherit' | 'ignore';
}

/** The counters of k6. */
export interface K6Result {
  readonly exitCode: number;
  readonly counts: Readonly<Record<(typeof COUNTERS)[number], number>>;
}

const COUNTERS = ['accepted', 'placed', 'rejected', 'failed', 'unsettled'] as const;
const SCRIPT = join(projectRoot, 'loadtest', 'sale', 'k6', 'sale.js');
const PAUSE_S = 2;
const SECRET_MODE = 0o600;
/** Extra time to start, to wait for the last outcomes and to write the report. */
const SPARE_MS = 180_000;

const summary = z.object({
  metrics: z.record(z.string(), z.looseObject({ count: z.number().optional() })),
});

/** Runs k6. It exits with 99 if a threshold failed. */
export async function runK6(run: K6Run): Promise<K6Result> {
  const folder = await mkdtemp(join(tmpdir(), 'lastunit-sale-'));
  try {
    const planFile = join(folder, 'plan.json');
    const summaryFile = join(folder, 'summary.json');
    // The plan contains the API key, which other users could see in an argument.
    await writeFile(planFile, JSON.stringify(toPlan(run)), { mode: SECRET_MODE });
    await mkdir(dirname(run.report), { recursive: true });
    const args = ['run', '--no-usage-report', '--address', '', '--summary-export', summaryFile];
    if (!process.stdout.isTTY) args.push('--quiet');
    const seconds = run.options.scenarios.reduce((sum, each) => sum + each.seconds + PAUSE_S, 0);
    const { exitCode = 1 } = await execa(run.k6, [...args, SCRIPT], {
      stdio: ['ignore', run.output, run.output],
      env: {
        SALE_PLAN: planFile,
        K6_WEB_DASHBOARD: 'true',
        K6_WEB_DASHBOARD_PORT: '-1',
        K6_WEB_DASHBOARD_PERIOD: '1s',
        K6_WEB_DASHBOARD_EXPORT: run.report,
      },
      // Detached, because the terminal's Ctrl-C would reach k6 too, and a second signal aborts it.
      detached: true,
      timeout: seconds * 1_000 + SPARE_MS,
      cancelSignal: run.signal,
      killSignal: 'SIGINT',
      forceKillAfterDelay: SPARE_MS,
      reject: false,
    });
    return { exitCode, counts: await readCounts(summaryFile) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function toPlan({ saleId, system, options, products }: K6Run) {
  return {
    saleId,
    apiUrl: system.apiUrl,
    apiKey: system.apiKey,
    signing: options.isSigned ? readSigningKey(system) : undefined,
    pauseS: PAUSE_S,
    limitsMs: options.limitsMs,
    scenarios: options.scenarios.map((scenario) => ({
      ...scenario,
      variantIds: products.get(scenario.name)?.map(({ variantId }) => variantId) ?? [],
    })),
  };
}

/** @throws Error if the system has no signing key */
function readSigningKey({ signing }: RunningSystem): SigningKey {
  if (signing !== undefined) return signing;
  throw new Error('--signed needs a signing key; demo.json has one under `signing`');
}

/** Reads k6's counters. k6 omits counters that are 0, and writes no file if it failed to start. */
async function readCounts(summaryFile: string): Promise<K6Result['counts']> {
  const text = await readFile(summaryFile, 'utf8').catch(() => '{"metrics":{}}');
  const { metrics } = summary.parse(JSON.parse(text));
  const counts = COUNTERS.map((name) => [name, metrics[`checkouts_${name}`]?.count ?? 0]);
  return Object.fromEntries(counts) as K6Result['counts'];
}
