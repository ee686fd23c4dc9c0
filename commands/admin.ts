/** `npm run admin -- <command>`: what operators do to shops, keys, sessions and secrets. */

import { printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { ADMIN_COMMANDS } from './admin/commands.ts';
import { runAdmin } from './admin/run-admin.ts';

const WIDTH = 46;

const table = Object.entries(ADMIN_COMMANDS).map(([name, { usage, help }]) => {
  return `  ${`${name} ${usage}`.trim().padEnd(WIDTH)} ${help}`;
});

printHelpIfAsked(`
npm run admin -- <command>: for operators. Answers as JSON, or as lines for an env file.

${table.join('\n')}

SHOP is a shop's id or e-mail address. Commands that change the record need MONGODB_URL, or a system
that runs on DATA_DIR; each of them is put on record (ops.command). A key made here gets a signing
secret if SECRETS_KEY is given or kept in DATA_DIR. Secrets are printed this once.`);

try {
  console.log(await runAdmin(process.argv.slice(2), process.stdin));
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 1;
}
