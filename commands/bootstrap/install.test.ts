import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { childEnv, executableFolders, projectRoot } from '../../shared/runtime/env.ts';
import { findProcess } from '../../shared/services/processes/identity.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';

/** A project without packages, with this project's bootstrap. */
async function project() {
  const root = await temporaryFolder();
  await mkdir(join(root, 'commands'));
  for (const name of ['bootstrap.mjs', 'bootstrap']) {
    await cp(join(projectRoot, 'commands', name), join(root, 'commands', name), {
      recursive: true,
    });
  }
  await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: {} }));
  return root;
}

/** A folder with an npm that writes its process id to the file `pid` and ends only at a signal. */
async function fakeNpm() {
  const folder = await temporaryFolder();
  const file = join(folder, 'npm');
  const pidFile = join(folder, 'pid');
  const script = [
    `#!${process.execPath}`,
    "const { renameSync, writeFileSync } = require('node:fs');",
    "process.on('SIGTERM', () => process.exit(0));",
    'setInterval(() => undefined, 1_000);',
    `writeFileSync('${pidFile}.new', String(process.pid));`,
    `renameSync('${pidFile}.new', '${pidFile}');`,
  ];
  await writeFile(file, script.join('\n'));
  await chmod(file, 0o755);
  return { folder, readPid: async () => Number(await readFile(pidFile, 'utf8').catch(() => '')) };
}

test('a signal during the install ends npm, and then the command', async () => {
  const [root, npm] = [await project(), await fakeNpm()];
  const path = [npm.folder, ...executableFolders()].join(delimiter);
  const child = spawn(process.execPath, [join(root, 'commands/bootstrap.mjs'), '--install'], {
    env: childEnv({ PATH: path }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stderr.on('data', (data: Buffer) => {
    printed += data.toString();
  });
  const closed = once(child, 'close');
  await expect.poll(npm.readPid).toBeGreaterThan(0);
  const pid = await npm.readPid();
  onTestFinished(() => {
    if (findProcess(pid)) process.kill(pid, 'SIGKILL');
  });
  child.kill('SIGTERM');
  expect(await closed).toEqual([1, null]);
  expect(findProcess(pid)).toBeUndefined();
  expect(printed).toContain('The install was stopped by SIGTERM.');
  expect(await readdir(join(root, '.cache'))).toEqual([]);
});
