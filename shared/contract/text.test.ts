import { expect, test } from 'vitest';
import { humanText, longText } from './text.ts';

const MAX = 20;

test.each([
  ['a space', ' '],
  ['an empty text', ''],
  ['line ends and tabs', '\r\n\t'],
  ['a zero-width space', '\u200b'],
  ['a word joiner', '\u2060'],
  ['a byte order mark', '\ufeff'],
  ['a soft hyphen', '\u00ad'],
  ['a Hangul filler', '\u3164'],
  ['a variation selector', '\ufe0f'],
  ['a blank of Braille', '\u2800'],
  ['a right-to-left override', '\u202e'],
  ['NUL', '\0'],
  ['a text with NUL in it', 'a\0b'],
  ['a high surrogate alone', '\ud800'],
  ['a text with a lone high surrogate', '\ud800x'],
  ['a text with a lone low surrogate', 'x\udc00'],
])('%s is not a text for people', (_, text) => {
  expect(humanText(MAX).safeParse(text).success).toBe(false);
});

test.each(['x', '5', '…', '本', 'שלום', 'é', '👩‍👧', '❤️', 'می‌خواهم', 'a\u200bb'])(
  '%j is text for people',
  (text) => {
    expect(humanText(MAX).parse(text)).toBe(text);
  },
);

test('texts for people are trimmed before their length is checked', () => {
  expect(humanText(1).parse(' \tx\n')).toBe('x');
  expect(humanText(1).safeParse('xy').success).toBe(false);
});

test('a long text may be empty or have several lines, but no NUL, lone surrogate or excess length', () => {
  for (const text of ['', ' ', 'a\n\nb']) expect(longText(MAX).parse(text)).toBe(text);
  for (const text of ['a\0', '\ud800', 'x'.repeat(MAX + 1)]) {
    expect(longText(MAX).safeParse(text).success).toBe(false);
  }
});
