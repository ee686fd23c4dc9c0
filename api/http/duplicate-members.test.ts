import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findDuplicateMember } from './duplicate-members.ts';

const find = (text: string) => findDuplicateMember(text, JSON.parse(text));

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"lines":[{"quantity":1},{"quantity":1, "quantity" : 2}]}', 'lines.1.quantity'],
  ['{"a":{"b":{"c":[0,{"d":1,"e":",]}","d":1}]}}}', 'a.b.c.1.d'],
  ['[[],[{"x":"\\"","x":"\\\\"}]]', '1.0.x'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{"":1,"":2}', ''],
  ['\n{\t"a"\r\n:1 , "a":1}', 'a'],
])('%s has %s twice', (text, path) => {
  expect(find(text)).toBe(path);
});

test.each([
  ['{"a":":","b":"a\\":1"}'],
  ['[{"a":1},{"a":1}]'],
  ['{"a":{"a":{"a":1}}}'],
  ['{"__proto__":{"a":1}}'],
  ['"a"'],
  ['{}'],
  ['null'],
])('%s has no duplicate member', (text) => {
  expect(find(text)).toBeUndefined();
});

test('a text that JSON.stringify returns has no duplicate member, with any indentation', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat({ max: 3 }), (value, indent) => {
      expect(find(JSON.stringify(value, null, indent))).toBeUndefined();
    }),
    { numRuns: 1_000 },
  );
});

test('a duplicate member is found in any element of a list', () => {
  const name = fc.string();
  const parts = fc.tuple(fc.array(fc.jsonValue(), { maxLength: 3 }), name, fc.jsonValue());
  fc.assert(
    fc.property(parts, fc.jsonValue(), ([before, repeated, value], secondValue) => {
      const member = JSON.stringify(repeated);
      const object = `{${member}:${JSON.stringify(value)},${member}:${JSON.stringify(secondValue)}}`;
      const text = `[${[...before.map((element) => JSON.stringify(element)), object].join(',')}]`;
      expect(find(text)).toBe(`${before.length}.${repeated}`);
    }),
    { numRuns: 1_000 },
  );
});
