/** `npm run chaos`: the fault campaign. The last line is JSON. */
import { INTERRUPTED, runLoadCommand } from '../run-load-command.ts';
import { CHAOS_HELP, readChaosOptions } from './options.ts';
import { runChaos } from './run-chaos.ts';

const log = console.error;

await runLoadCommand(CHAOS_HELP, 'ending the campaign with a verdict', async (_, signal) => {
  const options = readChaosOptions(process.argv.slice(2));
  log(`the campaign has the seed ${options.seed}`);
  const report = await runChaos(options, { log, signal });
  console.log(JSON.stringify(report));
  if (signal.aborted) return INTERRUPTED;
  return report.ok ? 0 : 1;
});
