import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findReservedMember } from './reserved-members.ts';

const find = (text: string) => findReservedMember(text, JSON.parse(text));

test.each([
  ['{"__proto__":1}', '__proto__'],
  ['{"variants":[{"sku":"A"},{"options":{"__proto__":"x"}}]}', 'variants.1.options.__proto__'],
  ['{"a":{"__proto__":{"__proto__":1}}}', 'a.__proto__'],
  ['{"__pr\\u006fto__":null}', '__proto__'],
  ['{"\\u005F_proto__":[]}', '__proto__'],
  ['[[{"__prot\\u006F__":0}]]', '0.0.__proto__'],
])('%s has the reserved member %s', (text, path) => {
  expect(find(text)).toBe(path);
});

test.each([
  ['{"a":"__proto__"}'],
  ['{"constructor":1,"prototype":2,"toString":3,"hasOwnProperty":4,"toJSON":5}'],
  ['{"proto":1,"_proto_":2,"__proto":3,"__PROTO__":4}'],
  ['"__proto__"'],
  ['null'],
])('%s has no reserved member', (text) => {
  expect(find(text)).toBeUndefined();
});

test('a reserved member is found at any depth, with any characters of its name escaped', () => {
  const escaped = fc
    .array(fc.boolean(), { minLength: 9, maxLength: 9 })
    .map((flags) =>
      [...'__proto__']
        .map((character, index) => (flags[index] ? toEscape(character) : character))
        .join(''),
    );
  const parents = fc.array(fc.constantFrom('a', 'constructor', '0'), { maxLength: 5 });
  fc.assert(
    fc.property(escaped, parents, (name, path) => {
      const text = path.reduceRight((inner, parent) => `{"${parent}":${inner}}`, `{"${name}":1}`);
      expect(find(text)).toBe([...path, '__proto__'].join('.'));
    }),
  );
});

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
