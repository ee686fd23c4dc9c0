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
])('%s and %s are the same code', (first, second) => {
  expect(toCodeKey(second)).toBe(toCodeKey(first));
});

test.each([
  ['A', 'Á'],
  ['A', 'А'],
  ['indirim', 'İNDİRİM'],
])('%s and %s are different codes', (first, second) => {
  expect(toCodeKey(second)).not.toBe(toCodeKey(first));
});

test('the key of a letter or sign does not depend on its case or Unicode form', () => {
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
