import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../shared/runtime/env.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { promiseTests } from './promise-tests.ts';

/** Creates a project with these files. */
async function givenProject(files: Record<string, string>): Promise<string> {
  const root = await temporaryFolder();
  const folders = ['api', 'commands', 'loadtest', 'shared', 'tests', 'worker'];
  for (const folder of folders) await mkdir(join(root, folder));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

test('promiseTests finds tests in all folders that use promiseRuns or name a promise in a title', async () => {
  const title = (text: string) => `test('${text}', () => {});`;
  const root = await givenProject({
    'shared/queue/deep/full.int.test.ts': 'const RUNS = promiseRuns(50, 10);',
    'api/things/named.test.ts': title('PROMISES 29, 31: it is so'),
    'commands/one.test.ts': title('promise 7: it is so'),
    'api/things/usual.test.ts': title('it keeps its promise'),
    'shared/testing/promises.ts': 'export function promiseRuns(full, short) {}',
    'worker/any.test.ts': 'const RUNS = promiseRuns(50, 10);',
  });
  const tests = await promiseTests(root);
  expect(tests).toContain('worker');
  expect(tests.filter((path) => path.endsWith('.test.ts'))).toEqual([
    'api/things/named.test.ts',
    'commands/one.test.ts',
    'shared/queue/deep/full.int.test.ts',
  ]);
});

test('promiseTests finds every file of this project that uses promiseRuns', async () => {
  const tests = await promiseTests(projectRoot);
  const missed: string[] = [];
  for (const folder of ['api', 'commands', 'loadtest', 'shared', 'tests', 'worker']) {
    for (const name of await readdir(join(projectRoot, folder), { recursive: true })) {
      const path = `${folder}/${name.replaceAll('\\', '/')}`;
      if (!path.endsWith('.ts') || path === 'shared/testing/promises.ts') continue;
      const imported = /import \{[^}]*\bpromiseRuns\b/.test(
        await readFile(join(projectRoot, path), 'utf8'),
      );
      if (imported && !tests.some((filter) => path.includes(filter))) missed.push(path);
    }
  }
  expect(missed).toEqual([]);
});
