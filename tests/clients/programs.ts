import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { describeRoutes } from '../../api/docs/describe-routes.ts';
import { ROUTES } from '../../api/routes.ts';
import { projectRoot } from '../../shared/runtime/env.ts';
import { writeFileAtomic } from '../../shared/runtime/write-file.ts';

/** The programs that go through the whole flow, one for each generator. */
export const PROGRAMS = join(projectRoot, 'tests', 'clients', 'programs');

/** What every program says when it has come to the end. */
export const FLOW_DONE = 'The flow is done.';

/** A new folder inside the project, with the OpenAPI document that clients are generated from. */
export async function makeWorkplace(): Promise<{ folder: string; document: string }> {
  const parent = join(projectRoot, '.cache', 'clients');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'run-'));
  const document = join(folder, 'openapi.json');
  await writeFileAtomic(document, JSON.stringify(describeRoutes(ROUTES)));
  return { folder, document };
}
