import { expect, test } from 'vitest';
import { etagOf } from '../http/etag.ts';
import { expectedVersions } from './change-stock.ts';

test.each([
  [undefined, undefined],
  ['*', undefined],
  [etagOf(7), [7]],
  [`${etagOf(7)}, ${etagOf(12)}`, [7, 12]],
  [`W/${etagOf(7)}, ${etagOf(8)}`, [7, 8]],
  ['"r7-gzip"', [7]],
  ['"r07"', []],
  ['"x7"', []],
])('If-Match: %s names the versions %j', (header, versions) => {
  expect(expectedVersions(header)).toEqual(versions);
});

test.each(['7', '', `*, ${etagOf(3)}`])('If-Match: %s is refused', (header) => {
  expect(() => expectedVersions(header)).toThrow(
    expect.objectContaining({ code: 'invalid_request' }),
  );
});
