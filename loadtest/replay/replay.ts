/** `npm run replay`: replays real invoices on a running system, then prints the verdict. */
import { runLoadCommand } from '../run-load-command.ts';
import { checkReachable, openApi } from '../system/api.ts';
import { findSystem } from '../system/running-system.ts';
import { REPLAY_HELP, readReplayOptions } from './options.ts';
import { readInputs } from './read-inputs.ts';
import { toExitCode, toReportLines } from './report.ts';
import { runReplay } from './run-replay.ts';

const stream = process.stderr;
const log = (text: string) => void stream.write(`${text}\n`);

await runLoadCommand(
  REPLAY_HELP,
  'stopping after the invoices in progress',
  async ({ dataDir, ...env }, signal) => {
    const options = readReplayOptions(process.argv.slice(2));
    const system = await findSystem(options.system, { dataDir, ...env });
    log(`reading ${options.catalog} and ${options.invoices}`);
    const inputs = await readInputs(options, log);
    const { invoices, rows } = inputs.survey;
    log(`${invoices} invoices with ${rows} lines; skipped ${inputs.brokenRows} broken rows`);
    const api = openApi(system, options.concurrency);
    try {
      await checkReachable(api);
      const report = await runReplay({ options, inputs, api, dataDir, signal, stream });
      for (const line of toReportLines(report)) console.log(line);
      if (report.verdict !== undefined) console.log(JSON.stringify(report.verdict));
      return toExitCode(report);
    } finally {
      api.close();
    }
  },
);
