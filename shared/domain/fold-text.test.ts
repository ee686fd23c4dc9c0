import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldText } from './fold-text.ts';

test('folding a folded text changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      expect(foldText(foldText(text))).toBe(foldText(text));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['accents', 'Éclair Phở Ñandú', 'eclair pho nandu'],
  [
    'letters that do not decompose',
    'Straße ŁÓDŹ Smørrebrød Æon Œuvre Þór',
    'strasse lodz smorrebrod aeon oeuvre thor',
  ],
  ['a capital sharp s', 'STRAẞE', 'strasse'],
  ['Turkish and Azeri letters', 'İstanbul IĞDIR ısı Gəncə', 'istanbul igdir isi gence'],
  ['ligatures and full-width forms', 'ﬁne ＭＵＧ １２', 'fine mug 12'],
  ['the final sigma', 'ΟΔΟΣ οδός', 'οδοσ οδοσ'],
  ['Cyrillic marks', 'Ёлка Йогурт', 'елка иогурт'],
  ['Hebrew points', 'שָׁלוֹם', 'שלום'],
  [
    'Arabic vowels, elongation and interchangeable letters',
    'مُحَمَّد مـحـمد مكتبة مكتبه علی على',
    'محمد محمد مكتبه مكتبه علي علي',
  ],
  ['Arabic presentation forms', 'ﻛﺘﺎﺏ', 'كتاب'],
  ['digits of other scripts', '٣ ३ ๓', '3 3 3'],
  ['invisible characters', 'mu\u200dg\u200f \u202ared\u202c so\u00adft', 'mug red soft'],
  ['a zero-width space', 'red\u200bmug', 'red mug'],
  ['apostrophes', 'men’s men‘s menʼs men´s', "men's men's men's men's"],
  ['trade marks', 'Lego™ Mug®', 'lego  mug '],
  ['half-width kana', 'ｶﾞﾗｽ', 'ガラス'],
])('%s: %s is folded to %s', (_, text, folded) => {
  expect(foldText(text)).toBe(folded);
});

test.each([
  ['voicing marks', 'ガ', 'カ'],
  ['Thai vowels', 'ดี', 'ดา'],
  ['Devanagari vowels', 'की', 'का'],
])('%s are kept, because they make another letter', (_, first, second) => {
  expect(foldText(first)).not.toBe(foldText(second));
});

test('Hangul is the same composed and decomposed', () => {
  expect(foldText('머그컵'.normalize('NFD'))).toBe('머그컵');
});
