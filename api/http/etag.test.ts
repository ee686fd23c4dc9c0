import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkIfMatch, toEtag } from './etag.ts';

test('an ETag is strong and contains the revision', () => {
  expect(toEtag(0)).toBe('"r0"');
  expect(toEtag(7)).toBe('"r7"');
});

test.each([
  [undefined],
  ['"r7"'],
  ['  "r7"  '],
  ['*'],
  ['"r6", "r7"'],
  ['"r7","r8"'],
  [', "r7",'],
  ['W/"r7"'],
  ['W/"r6",W/"r7"'],
  ['"r7-gzip"'],
  ['W/"r7--gzip"'],
  ['"r7-br"'],
  ['"a,b", "r7"'],
])('If-Match: %s allows a change of "r7"', (header) => {
  expect(() => checkIfMatch(header, '"r7"')).not.toThrow();
});

test.each(['-', ';', '-;'])('a tag of many “%s” is parsed in linear time', (dash) => {
  const startedAt = performance.now();
  const header = `"${dash.repeat(200_000)}x"`;
  expect(() => checkIfMatch(header, '"r7"')).toThrow(
    expect.objectContaining({ code: 'precondition_failed' }),
  );
  // Quadratic time would be minutes.
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test.each([
  ['"r6"'],
  ['"r70"'],
  ['W/"r6"'],
  ['"r6-gzip"'],
  ['"r7-gzipped"'],
  ['"gzip"'],
  ['"R7"'],
  ['""'],
])('If-Match: %s refuses a change of "r7"', (header) => {
  expect(() => checkIfMatch(header, '"r7"')).toThrow(
    expect.objectContaining({ code: 'precondition_failed' }),
  );
});

test.each([
  [''],
  [','],
  ['r7'],
  ["'r7'"],
  ['"r7'],
  ['"r6", *'],
  ['*, "r7"'],
  ['"r6" "r7"'],
  ['w/"r7"'],
  ['W/ "r7"'],
  [Array.from({ length: 51 }, (_, revision) => toEtag(revision)).join()],
])('If-Match: %s is refused as malformed', (header) => {
  expect(() => checkIfMatch(header, '"r7"')).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      fields: [expect.objectContaining({ path: 'If-Match' })],
    }),
  );
});

test('an If-Match list allows a change exactly if it contains the current tag', () => {
  const revision = fc.nat({ max: 20 });
  fc.assert(
    fc.property(
      fc.array(revision, { minLength: 1, maxLength: 20 }),
      revision,
      (revisions, current) => {
        const passes = () => checkIfMatch(revisions.map(toEtag).join(', '), toEtag(current));
        if (revisions.includes(current)) expect(passes).not.toThrow();
        else expect(passes).toThrow();
      },
    ),
    { numRuns: 500 },
  );
});
