import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinWhole, splitClosed, splitWords } from './split-words.ts';

const texts = (text: string) => splitWords(text).map((word) => word.text);

test.each([
  ['The Who', ['the', 'who']],
  ['AT&T', ['at', 't']],
  ['Salt & Pepper', ['salt', 'and', 'pepper']],
  ['Black_Mug-red/blue', ['black', 'mug', 'red', 'blue']],
  ["men's men’s", ['mens', 'mens']],
  ["l'eau 50'S rock 'n' roll", ['leau', '50s', 'rock', 'n', 'roll']],
  ['500㎖ ①A', ['500ml', '1', 'a']],
  ['Chanel №5 Ⓐ1', ['chanel', 'no', '5', 'a', '1']],
  ['3.5mm 3,5 mm 1,000 24/7 v1.2', ['3.5mm', '3.5', 'mm', '1000', '24', '7', 'v1.2']],
  ['3½ cups, 16" wheel', ['3', '1', '2', 'cups', '16', 'wheel']],
  ['C++ C# red+blue 3+', ['c++', 'c#', 'red', 'blue', '3+']],
  ['香港罗汉果', ['香港', '港罗', '罗汉', '汉果']],
  ['茶 iPhone手机', ['茶', 'iphone', '手机']],
  ['กาแฟ', ['กา', 'าแ', 'แฟ']],
  ['ꦧꦠꦶꦏ꧀', ['ꦧꦠ', 'ꦠꦶ', 'ꦶꦏ', 'ꦏ꧀']],
  ['ᬩᬮᬶ', ['ᬩᬮ', 'ᬮᬶ']],
  ['ᥖᥣᥭᥰ', ['ᥖᥣ', 'ᥣᥭ', 'ᥭᥰ']],
  ['ꆈꌠꁱꂷ', ['ꆈꌠ', 'ꌠꁱ', 'ꁱꂷ']],
  ['བོད་ཡིག', ['བོད', 'ཡིག']],
  ['ꓡꓲ ꓢꓴ', ['ꓡꓲ', 'ꓢꓴ']],
  ['머그컵', ['머그', '그컵']],
  ['हिन्दी किताब', ['हिन्दी', 'किताब']],
  ['☕ mug 👍🏽 👨‍👩‍👧 🇩🇪🇫🇷 ★', ['☕', 'mug', '👍', '👨', '👩', '👧', '🇩🇪', '🇫🇷', '★']],
  ['!!! -- "" $', []],
])('%s is split into %o', (text, words) => {
  expect(texts(text)).toEqual(words);
});

test('compound words have their parts', () => {
  const parts = (text: string) => splitWords(text).flatMap((word) => word.parts);
  expect(parts("l'eau 3.5mm c++ mug")).toEqual(['l', 'eau', '3', '5mm', 'c']);
  expect(parts('罗汉')).toEqual(['罗', '汉']);
});

test('splitClosed also pairs characters across the spaces in a run', () => {
  expect(splitClosed('머그 컵').map(({ text }) => text)).toEqual(['머그', '그컵']);
});

test.each([
  ['AT&T', 'att'],
  ['C++', 'c'],
  ['XXXX-AB-001', 'xxxxab001'],
  ['Black Mug ☕', 'blackmug☕'],
  ['!!!', '!!!'],
  [' ? ? ', '??'],
  ['   ', ''],
])('joined into one word, %s is %s', (text, whole) => {
  expect(joinWhole(text)).toBe(whole);
});

test('words contain no signs except in c++ and decimals, and splitting is idempotent', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      for (const word of texts(text)) {
        expect(word).toMatch(/^[\p{L}\p{M}\p{N}\p{So}\p{Extended_Pictographic}.+#]+$/u);
        expect(texts(word)).toEqual([word]);
      }
    }),
    { numRuns: 2_000 },
  );
});
