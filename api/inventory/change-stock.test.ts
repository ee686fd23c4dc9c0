import { expect, test } from 'vitest';
import { toEtag } from '../http/etag.ts';
import { expectedVersions } from './change-stock.ts';

test.each([
  [undefined, undefined],
  ['*', undefined],
  [toEtag(7), [7]],
  [`${toEtag(7)}, ${toEtag(12)}`, [7, 12]],
  [`W/${toEtag(7)}, ${toEtag(8)}`, [7, 8]],
  ['"r7-gzip"', [7]],
  ['"r07"', []],
  ['"x7"', []],
])('If-Match: %s names the versions %j', (header, versions) => {
  expect(expectedVersions(header)).toEqual(versions);
});

test.each(['7', '', `*, ${toEtag(3)}`])('If-Match: %s is refused', (header) => {
  expect(() => expectedVersions(header)).toThrow(
    expect.objectContaining({ code: 'invalid_request' }),
  );
});
