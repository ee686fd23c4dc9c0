import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../shared/runtime/env.ts';
import { openTestApi } from '../testing/start-test-api.ts';
import { BUYING_PROBLEMS } from './testing/buying-problems.ts';
import { SELLING_PROBLEMS } from './testing/selling-problems.ts';

const api = await openTestApi({ guesses: { perAccount: 1, perAddress: 1_000_000 } });
/** Requests that provoke the codes whose problems have their own members. */
const SCENARIOS = [...BUYING_PROBLEMS, ...SELLING_PROBLEMS];

test.each(SCENARIOS)('%s by %s has the members %j', async (code, _how, members, provoke) => {
  const { body } = await provoke(api);
  const problem = body as Record<string, unknown>;
  expect(problem['code']).toBe(code);
  expect(Object.keys(problem)).toEqual(expect.arrayContaining([...members]));
});

/** Names in the error table of the guide that are not members of a problem. */
const NO_MEMBERS =
  /^(errors|expectedOnHand|usageLimit|reacquire|paymentReference|carrier|trackingReference)$/;

test('each member that the guide lists for a code has a scenario', async () => {
  const guide = await readFile(join(projectRoot, 'docs/api.md'), 'utf8');
  const rows = guide.matchAll(/^\| `(\w+)` \| \d{3} \| (.*?) \|/gm);
  const promised = [...rows].flatMap(([, code = '', when = '']) =>
    [...when.matchAll(/`([a-z][A-Za-z]+)`/g)]
      .map(([, word = '']) => word)
      .filter((word) => !NO_MEMBERS.test(word))
      .map((member) => `${code} ${member}`),
  );
  const provoked = SCENARIOS.flatMap(([code, , members]) =>
    members.map((member) => `${code} ${member}`),
  );
  expect(promised.length).toBeGreaterThan(10);
  expect(promised.filter((codeAndMember) => !provoked.includes(codeAndMember))).toEqual([]);
});
