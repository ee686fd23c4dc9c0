import { expect, test } from 'vitest';
import { ROUTES } from '../routes.ts';

const operationIds = ROUTES.map(({ spec }) => spec.operationId);

test.each(operationIds)('%s consists of a resource and an action', (operationId) => {
  expect(operationId).toMatch(/^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/);
});

test('operation ids differ even without the dot and letter case', () => {
  // Generators turn the names into snake case, camel case or Pascal case, without the dot.
  const names = operationIds.map((operationId) => operationId.replace('.', '').toLowerCase());
  expect(new Set(names).size).toBe(ROUTES.length);
});
