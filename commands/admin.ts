/** `npm run admin -- <command>`: operator commands for shops, keys, sessions and secrets. */

import { printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { ADMIN_COMMANDS, runAdmin } from './admin/run-admin.ts';

const WIDTH = 46;

const table = Object.entries(ADMIN_COMMANDS).map(([name, { usage, help }]) => {
  return `  ${`${name} ${usage}`.trim().padEnd(WIDTH)} ${help}`;
});

printHelpIfAsked(`
npm run admin -- <command>: commands for operators. Prints JSON, or lines for an env file.

${table.join('\n')}

SHOP is a shop's id or e-mail address. Commands that use the database need MONGODB_URL, or a system
that runs on DATA_DIR; the audit log has an entry for each (ops.command). A new key has a signing
secret if SECRETS_KEY is set or stored in DATA_DIR. Secrets are printed only once.`);

try {
  console.log(await runAdmin(process.argv.slice(2), process.stdin));
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 1;
}
