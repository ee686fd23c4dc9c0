/** `npm run replay`: replays real invoices on a running system, then prints the verdict. */

import { onStopSignals } from '../../commands/start/stop-signals.ts';
import { printHelpIfAsked } from '../../shared/runtime/command-line.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { checkReachable, openApi } from '../system/api.ts';
import { findSystem } from '../system/running-system.ts';
import { REPLAY_HELP, readReplayOptions } from './options.ts';
import { readInputs } from './read-inputs.ts';
import { linesOfReport, toExitCode } from './report.ts';
import { runReplay } from './run-replay.ts';

printHelpIfAsked(REPLAY_HELP);

const COULD_NOT = 2;
const INTERRUPTED = 130;
const stream = process.stderr;
const stopping = new AbortController();
const log = (text: string) => void stream.write(`${text}\n`);

async function main(): Promise<number> {
  const options = readReplayOptions(process.argv.slice(2));
  const env = readEnv();
  const system = await findSystem(options.system, env);
  onStopSignals({
    onStop: () => stopping.abort(new Error('interrupted before the replay started')),
    onHurry: () => process.exit(INTERRUPTED),
    log: () => log('stopping after the invoices in progress; a second signal stops at once'),
  });
  log(`reading ${options.catalog} and ${options.invoices}`);
  const inputs = await readInputs(options, log);
  const { invoices, rows } = inputs.survey;
  log(`${invoices} invoices with ${rows} lines; skipped ${inputs.brokenRows} broken rows`);
  const api = openApi(system, options.concurrency);
  try {
    await checkReachable(api);
    const { signal } = stopping;
    const { dataDir } = env;
    const report = await runReplay({ options, inputs, api, dataDir, signal, stream });
    for (const line of linesOfReport(report)) console.log(line);
    if (report.verdict !== undefined) console.log(JSON.stringify(report.verdict));
    return toExitCode(report);
  } finally {
    api.close();
  }
}

try {
  process.exit(await main());
} catch (error) {
  log(errorMessage(error));
  process.exit(stopping.signal.aborted ? INTERRUPTED : COULD_NOT);
}
