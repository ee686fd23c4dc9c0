import type { Env } from '../../shared/runtime/env.ts';
import { findK6 } from '../../shared/services/k6.ts';
import { INTERRUPTED } from '../run-load-command.ts';
import { openAnnotations } from '../system/annotate.ts';
import { checkReachable, openApi } from '../system/api.ts';
import { findSystem } from '../system/running-system.ts';
import type { K6Options } from './options.ts';
import { runScenario } from './run-scenario.ts';

const CONNECTIONS = 16;
/** The most probes of a search for the break point, in the full and in the short form. */
const PROBES_MAX = 12;
const SHORT_PROBES_MAX = 3;
const log = console.error;

/**
 * Runs the scenarios of a command on a running system, one after the other. Prints what each measured, its failures
 * and its verdict.
 * @returns the exit code
 * @throws Error if a scenario cannot run
 */
export async function runK6Command(
  { runs, system: flags }: K6Options,
  env: Env,
  signal: AbortSignal,
): Promise<number> {
  const system = await findSystem(flags, env);
  const { path: k6, version } = await findK6({ cacheDir: env.cacheDir, log });
  log(`${k6} ${version}`);
  const api = openApi(system, CONNECTIONS);
  const annotate = openAnnotations(api, log);
  const context = { api, k6, system, signal, log, annotate, output: 'inherit' } as const;
  let hasFailed = false;
  try {
    await checkReachable(api);
    for (const run of runs) {
      const probesMax = run.isShort ? SHORT_PROBES_MAX : PROBES_MAX;
      const { figures, failures, verdict } = await runScenario({ ...context, probesMax }, run);
      for (const figure of figures) console.log(figure);
      for (const failure of failures) console.log(`FAILED: ${failure}`);
      console.log(`${run.name}: ${failures.length === 0 ? 'passed' : 'failed'}`);
      console.log(JSON.stringify(verdict));
      hasFailed ||= failures.length > 0;
      if (signal.aborted) return INTERRUPTED;
    }
    return hasFailed ? 1 : 0;
  } finally {
    api.close();
  }
}
