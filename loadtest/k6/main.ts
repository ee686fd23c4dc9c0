/** `npm run k6`: runs scenarios of k6 on a running system, and ends each with the verdict. */
import { runLoadCommand } from '../run-load-command.ts';
import { K6_HELP, readK6Options } from './options.ts';
import { runK6Command } from './run-k6-command.ts';

await runLoadCommand(K6_HELP, 'stopping k6', (env, signal) =>
  runK6Command(readK6Options(process.argv.slice(2)), env, signal),
);
