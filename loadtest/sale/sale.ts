/** `npm run sale`: runs a flash sale with k6 on a running system, then prints the verdict. */
import { runK6Command } from '../k6/run-k6-command.ts';
import { runLoadCommand } from '../run-load-command.ts';
import { readSaleOptions, SALE_HELP } from './options.ts';

await runLoadCommand(SALE_HELP, 'stopping the sale', (env, signal) =>
  runK6Command(readSaleOptions(process.argv.slice(2)), env, signal),
);
