/** `npm run k6`: runs scenarios of k6 on a running system, and ends each with the verdict. */
import { findK6 } from '../../shared/services/k6.ts';
import { INTERRUPTED, runLoadCommand } from '../run-load-command.ts';
import { openAnnotations } from '../system/annotate.ts';
import { checkReachable, openApi } from '../system/api.ts';
import { findSystem } from '../system/running-system.ts';
import { K6_HELP, readK6Options } from './options.ts';
import { runScenario } from './run-scenario.ts';

const CONNECTIONS = 16;
/** The most probes of a search for the break point, in the full and in the short form. */
const PROBES_MAX = 12;
const SHORT_PROBES_MAX = 3;
const log = console.error;

await runLoadCommand(K6_HELP, 'stopping k6', async (env, signal) => {
  const options = readK6Options(process.argv.slice(2));
  const system = await findSystem(options.system, env);
  const { path: k6, version } = await findK6({ cacheDir: env.cacheDir, log });
  log(`${k6} ${version}`);
  const api = openApi(system, CONNECTIONS);
  const probesMax = options.isShort ? SHORT_PROBES_MAX : PROBES_MAX;
  const annotate = openAnnotations(api, log);
  const shared = { api, k6, system, signal, log, annotate, probesMax };
  const context = { ...shared, output: 'inherit' } as const;
  let hasFailed = false;
  try {
    await checkReachable(api);
    for (const run of options.runs) {
      const { figures, failures, verdict } = await runScenario(context, run);
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
});
