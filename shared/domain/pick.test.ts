import { expect, test } from 'vitest';
import { changeValue, pick } from './pick.ts';

test('pick keeps the named members and omits absent and undefined members', () => {
  const from: { a: number; b?: string; c: string | undefined; d: null } = {
    a: 0,
    c: undefined,
    d: null,
  };
  expect(Object.entries(pick(from, 'a', 'b', 'c', 'd'))).toEqual([
    ['a', 0],
    ['d', null],
  ]);
  expect(pick(from, 'd')).toStrictEqual({ d: null });
});

test('a change replaces, removes or keeps a value', () => {
  expect(changeValue(1, 2)).toBe(2);
  expect(changeValue<number>(1, null)).toBeUndefined();
  expect(changeValue<number>(1, undefined)).toBe(1);
  expect(changeValue(undefined, 0)).toBe(0);
});
