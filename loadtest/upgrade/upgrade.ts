/** `npm run upgrade`: a rolling upgrade under load. The last line is JSON. */
import { parseArgs } from 'node:util';
import { printHelpIfAsked } from '../../shared/runtime/command-line.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { parseWholeNumber } from '../flag-values.ts';
import { runUpgrade } from './run-upgrade.ts';

const SECONDS = { default: 30, min: 5, max: 600 };

printHelpIfAsked(`
npm run upgrade -- --from REV [--seconds N]: replaces the processes of another revision by processes
of this tree while buyers buy, on its own servers, and prints the verdict. First a new worker joins,
then the old worker leaves, then a new API joins, then the old API leaves. Exits with 1 if a checkout
was lost, if a buyer got an answer that an upgrade must not cause, or if the verdict is not ok.
  --from REV   a branch, tag or commit of this repository; its packages are installed once
  --seconds N  the length of the load: ${SECONDS.default} by default, ${SECONDS.min} to ${SECONDS.max}`);

try {
  const { values } = parseArgs({
    options: { from: { type: 'string' }, seconds: { type: 'string' } },
  });
  if (values.from === undefined) throw new Error('--from REV is missing');
  const seconds = parseWholeNumber(
    'seconds',
    values.seconds ?? String(SECONDS.default),
    SECONDS.min,
    SECONDS.max,
  );
  const report = await runUpgrade({ from: values.from, seconds }, (line) => console.error(line));
  console.log(JSON.stringify(report));
  process.exit(report.ok ? 0 : 1);
} catch (error) {
  console.error(errorMessage(error));
  process.exit(1);
}
