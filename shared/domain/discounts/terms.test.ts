import { expect, test } from 'vitest';
import { toCodeKey } from './terms.ts';

const CODE_POINT_MAX = 0x10ffff;

test.each([
  ['SUMMER', ' summer '],
  ['Éte', 'e\u0301TE'],
  ['１０', '10'],
  ['μαΐου10', 'μαΐου10'.toUpperCase()],
  ['İNDİRİM', 'İNDİRİM'.toLowerCase()],
  ['SPAẞ', 'spaß'],
  ['SPASS', 'Spaß'],
])('%s and %s are one code', (one, other) => {
  expect(toCodeKey(other)).toBe(toCodeKey(one));
});

test.each([
  ['A', 'Á'],
  ['A', 'А'],
  ['indirim', 'İNDİRİM'],
])('%s and %s are two', (one, other) => {
  expect(toCodeKey(other)).not.toBe(toCodeKey(one));
});

test('no letter or sign differs from itself in another case or form', () => {
  const differing: string[] = [];
  for (let point = 1; point <= CODE_POINT_MAX; point += 1) {
    const code = String.fromCodePoint(point);
    const key = toCodeKey(code);
    const forms = [code.toUpperCase(), code.toLowerCase(), code.normalize('NFKD'), key];
    const others = forms.filter((form) => form !== code);
    if (others.some((form) => toCodeKey(form) !== key)) differing.push(point.toString(16));
  }
  expect(differing).toEqual([]);
});
