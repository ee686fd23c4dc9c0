/** Prints or writes the OpenAPI document of the API. Needs no server or database. */
import { resolve } from 'node:path';
import { describeRoutes } from '../api/docs/describe-routes.ts';
import { ROUTES } from '../api/routes.ts';
import { printHelpIfAsked, readArguments } from '../shared/runtime/command-line.ts';
import { writeFileAtomic } from '../shared/runtime/write-file.ts';

printHelpIfAsked(`
node commands/openapi.ts: prints the OpenAPI document that the API serves at /openapi.json.
node commands/openapi.ts FILE: writes it to a file.`);

const text = `${JSON.stringify(describeRoutes(ROUTES), null, 2)}\n`;
const [file] = readArguments(1);

if (file === undefined) process.stdout.write(text);
else await writeFileAtomic(resolve(file), text);
