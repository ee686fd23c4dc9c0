/** `npm run client`: generates the types and methods of the client from the OpenAPI document. */
import { join } from 'node:path';
import { printHelpIfAsked, readArguments } from '../shared/runtime/command-line.ts';
import { projectRoot } from '../shared/runtime/env.ts';
import { writeFileAtomic } from '../shared/runtime/write-file.ts';
import { GENERATED, generateClient } from './client/generate-client.ts';

printHelpIfAsked(`
npm run client: writes client/generated from the routes of the API. Run it after a change of a route;
a test fails while the files are out of date.`);
readArguments(0);

for (const [name, text] of Object.entries(await generateClient())) {
  await writeFileAtomic(join(projectRoot, GENERATED, name), text);
}
