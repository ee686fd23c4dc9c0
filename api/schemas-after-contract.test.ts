import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { projectRoot } from '../shared/runtime/env.ts';

/** Loads the schemas of the contract before any module that extends zod, and then the routes. */
const PROGRAM = `
await import('./shared/contract/product-registry.ts');
await import('./shared/contract/named-texts.ts');
const { ROUTES } = await import('./api/routes.ts');
console.log(ROUTES.length > 0);
`;

test('the routes can be loaded after schemas of the contract', () => {
  const args = ['--input-type=module', '--eval', PROGRAM];
  const output = execFileSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8' });
  expect(output.trim()).toBe('true');
});
