import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { projectRoot } from '../../shared/runtime/env.ts';
import type { RunningSystem, SigningKey } from '../system/running-system.ts';
import { PAUSE_S, type Phase, totalSeconds } from './phases.ts';
import { type K6Summary, readSummary } from './summary.ts';
import type { TestProducts } from './test-products.ts';

/** A run of k6 on a running system. */
export interface K6Run {
  /** The path of the program. */
  readonly k6: string;
  /** Makes keys and buyers of this run unique. */
  readonly runId: string;
  readonly system: RunningSystem;
  readonly phases: readonly Phase[];
  readonly products: TestProducts;
  /** Whether requests are signed. */
  readonly isSigned: boolean;
  /** The path of the HTML report. */
  readonly report: string;
  readonly signal: AbortSignal;
  /** Whether k6's output is shown. */
  readonly output: 'inherit' | 'ignore';
}

/** What k6 reports about a run. */
export interface K6Result extends K6Summary {
  /** k6's exit code, for example 99 if a threshold failed; 1 if k6 did not start or was killed. */
  readonly exitCode: number;
}

/** The script that k6 runs. */
export const SCRIPT = join(projectRoot, 'loadtest', 'k6', 'script', 'main.js');
const SECRET_MODE = 0o600;
/** Extra time to start, to wait for the last outcomes and to write the report. */
const SPARE_MS = 180_000;

/** Runs k6 and reads its summary. */
export async function runK6(run: K6Run): Promise<K6Result> {
  const folder = await mkdtemp(join(tmpdir(), 'lastunit-k6-'));
  try {
    const planFile = join(folder, 'plan.json');
    const summaryFile = join(folder, 'summary.json');
    // The plan contains the API key, which other users could see in an argument.
    await writeFile(planFile, JSON.stringify(toPlan(run)), { mode: SECRET_MODE });
    await mkdir(dirname(run.report), { recursive: true });
    const args = ['run', '--no-usage-report', '--address', '', '--summary-export', summaryFile];
    if (!process.stdout.isTTY) args.push('--quiet');
    const { exitCode = 1 } = await execa(run.k6, [...args, SCRIPT], {
      stdio: ['ignore', run.output, run.output],
      env: {
        PLAN: planFile,
        K6_WEB_DASHBOARD: 'true',
        K6_WEB_DASHBOARD_PORT: '-1',
        K6_WEB_DASHBOARD_PERIOD: '1s',
        K6_WEB_DASHBOARD_EXPORT: run.report,
      },
      // Detached: otherwise Ctrl-C would reach k6 directly, and the SIGINT that we send would be
      // the second, which makes k6 abort.
      detached: true,
      timeout: totalSeconds(run.phases) * 1_000 + SPARE_MS,
      cancelSignal: run.signal,
      killSignal: 'SIGINT',
      forceKillAfterDelay: SPARE_MS,
      reject: false,
    });
    return { exitCode, ...(await readSummary(summaryFile)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function toPlan({ runId, system, phases, products, isSigned }: K6Run) {
  return {
    runId,
    apiUrl: system.apiUrl,
    apiKey: system.apiKey,
    signing: isSigned ? readSigningKey(system) : undefined,
    pauseS: PAUSE_S,
    phases: phases.map((phase) => ({
      ...phase,
      variantIds: products.get(phase.name)?.map(({ variantId }) => variantId) ?? [],
      drawId: products.get(phase.name)?.[0]?.drawId,
    })),
  };
}

/** @throws Error if the system has no signing key */
function readSigningKey({ signing }: RunningSystem): SigningKey {
  if (signing !== undefined) return signing;
  throw new Error('signed requests need a signing key; demo.json has one under `signing`');
}
