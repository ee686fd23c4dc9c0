import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FileFault } from './candidate.ts';
import { LineCutter } from './text-lines.ts';

function cut(bytes: Buffer, sizes: readonly number[] = []) {
  const cutter = new LineCutter();
  let from = 0;
  const lines = sizes.flatMap((size) => {
    const cutLines = cutter.push(bytes.subarray(from, from + size));
    from += size;
    return cutLines;
  });
  return [...lines, ...cutter.push(bytes.subarray(from)), ...cutter.end()];
}

test('lines end with LF, CRLF or CR, even if a CRLF is split between chunks, and no text is lost', () => {
  const parts = fc.array(fc.constantFrom('a', 'é', '👩', ' ', '\r', '\n', '\r\n', ''), {
    maxLength: 30,
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 });
  fc.assert(
    fc.property(parts, sizes, (textParts, chunkSizes) => {
      const text = textParts.join('');
      const lines = cut(Buffer.from(text), chunkSizes);
      expect(lines.map((line) => line.text + line.end).join('')).toBe(text);
      const expected = text.split(/\r\n|\r|\n/);
      if (expected.at(-1) === '') expected.pop();
      expect(lines.map((line) => line.text)).toEqual(expected);
      expect(lines.map((line) => line.number)).toEqual(expected.map((_, index) => index + 1));
    }),
  );
});

test.each([
  ['UTF-16LE with a byte order mark', Buffer.from('\ufeffGröße\r\n日本\n', 'utf16le')],
  ['UTF-16LE without a byte order mark', Buffer.from('Größe\r\n日本\n', 'utf16le')],
  ['UTF-16BE with a byte order mark', Buffer.from('\ufeffGröße\r\n日本\n', 'utf16le').swap16()],
  ['UTF-16BE without a byte order mark', Buffer.from('Größe\r\n日本\n', 'utf16le').swap16()],
  ['UTF-8 with a byte order mark', Buffer.from('\ufeffGröße\r\n日本\n')],
])('%s is read', (_, bytes) => {
  for (const sizes of [[], [1, 1, 1, 1, 1], [3, 7]]) {
    expect(cut(bytes, sizes).map((line) => line.text)).toEqual(['Größe', '日本']);
  }
});

test('only the damaged lines of a UTF-16 file are reported', () => {
  const bytes = Buffer.concat([Buffer.from('a\n\ud800\nb', 'utf16le'), Buffer.from([0x61])]);
  expect(cut(bytes).map(({ fault }) => fault?.code)).toEqual([undefined, 'not_utf8', 'not_utf8']);
});

test('a line in Windows-1252 is refused, and the message names the encoding', () => {
  expect(cut(Buffer.from('a\ncaf\xe9 \x80', 'latin1'))).toMatchObject([
    { text: 'a' },
    { fault: { line: 2, code: 'not_utf8', message: expect.stringContaining('Windows-1252') } },
  ]);
  expect(cut(Buffer.from([0x81, 0xff]))[0]?.fault?.message).not.toContain('1252');
});

test.each([
  ['an Excel workbook', 'PK\x03\x04...', /Excel/],
  ['an old Excel workbook', '\xd0\xcf\x11\xe0', /Excel/],
  ['a compressed file', '\x1f\x8b\x08\0', /compressed/],
  ['UTF-32', '\xff\xfe\0\0', /UTF-32/],
])('%s is refused, and the message names the format', (_, text, message) => {
  const bytes = Buffer.from(text, 'latin1');
  expect(() => cut(bytes)).toThrow(FileFault);
  expect(() => cut(bytes)).toThrow(
    expect.objectContaining({
      faults: [expect.objectContaining({ message: expect.stringMatching(message) })],
    }),
  );
});
