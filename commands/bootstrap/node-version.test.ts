import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { isAtLeast, projectNode } from './node-version.mjs';

test.each([
  ['20.20.2', '20.12.0', true],
  ['20.12.0', '20.12.0', true],
  ['20.9.9', '20.12.0', false],
  ['18.20.0', '20.12.0', false],
  ['24.0.0', '20.12.0', true],
])('%s is at least %s: %s', (actual, wanted, expected) => {
  expect(isAtLeast(actual, wanted)).toBe(expected);
});

test('the installed Node is preferred to the running Node, which must be new enough', async () => {
  const root = await temporaryFolder();
  const old = { versions: { node: '20.20.2' }, execPath: '/usr/bin/node' };
  const recent = { versions: { node: '24.21.0' }, execPath: '/opt/node24' };
  expect(projectNode(root, old)).toBeUndefined();
  expect(projectNode(root, recent)).toBe('/opt/node24');
  const installed = join(root, 'node_modules', '.bin', 'node');
  await mkdir(join(root, 'node_modules', '.bin'), { recursive: true });
  await writeFile(installed, '');
  expect(projectNode(root, old)).toBe(installed);
});
