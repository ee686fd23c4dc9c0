import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { describeRoutes } from '../../api/docs/describe-routes.ts';
import { ROUTES } from '../../api/routes.ts';
import { projectRoot } from '../../shared/runtime/env.ts';
import { writeFileAtomic } from '../../shared/runtime/write-file.ts';

/** The folder of the programs that run the whole flow, with one program for each generator. */
export const PROGRAMS = join(projectRoot, 'tests', 'clients', 'programs');

/** The text that every program prints at the end. */
export const FLOW_DONE = 'The flow is done.';

/** Creates a folder inside the project with the OpenAPI document for the generators. */
export async function createWorkspace(): Promise<{ folder: string; document: string }> {
  const parent = join(projectRoot, '.cache', 'clients');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'run-'));
  const document = join(folder, 'openapi.json');
  await writeFileAtomic(document, JSON.stringify(describeRoutes(ROUTES)));
  return { folder, document };
}
