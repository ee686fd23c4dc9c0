import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../shared/runtime/env.ts';
import { temporaryFolder } from '../shared/testing/temporary-folder.ts';

const BIOME = join(projectRoot, 'node_modules/.bin/biome');
const ENV_ONLY = 'The environment is read in shared/runtime/env.ts only.';

/** Writes files of one line each, and returns the message of our own rules by path. */
async function findings(files: Record<string, string>): Promise<Record<string, string>> {
  const root = await temporaryFolder();
  const { plugins } = JSON.parse(await readFile(join(projectRoot, 'biome.json'), 'utf8'));
  await writeFile(join(root, 'biome.json'), JSON.stringify({ plugins }));
  await cp(join(projectRoot, '.biome'), join(root, '.biome'), { recursive: true });
  for (const [path, line] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `${line}\n`);
  }
  const args = ['lint', '--reporter=github', '--max-diagnostics=none', '.'];
  const { stdout } = spawnSync(BIOME, args, { cwd: root, encoding: 'utf8' });
  const ours = stdout.matchAll(/^::error title=plugin,file=([^,]+),.*::(.+)$/gm);
  return Object.fromEntries(
    [...ours].map(([, path = '', message = '']) => [relative(root, path), message]),
  );
}

test('only one file reads the environment', async () => {
  expect(
    await findings({
      'api/alone.ts': 'const { env } = process;',
      'worker/renamed.ts': 'const { pid, env: settings } = process;',
      'api/other.ts': 'const { pid } = process;',
      'shared/runtime/env.ts': 'const { env } = process;',
    }),
  ).toEqual({ 'api/alone.ts': ENV_ONLY, 'worker/renamed.ts': ENV_ONLY });
});
