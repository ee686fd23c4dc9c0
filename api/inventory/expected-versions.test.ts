import { expect, test } from 'vitest';
import { etagOf } from '../http/etag.ts';
import { expectedVersions } from './expected-versions.ts';

test.each([
  [undefined, undefined],
  ['*', undefined],
  [etagOf(7), [7]],
  [`${etagOf(7)}, ${etagOf(12)}`, [7, 12]],
  [`W/${etagOf(7)}, ${etagOf(8)}`, [8]],
  ['"r07"', []],
  ['7', []],
  ['"x7"', []],
  ['', []],
  [`*, ${etagOf(3)}`, [3]],
])('If-Match: %s names the versions %j', (header, versions) => {
  expect(expectedVersions(header)).toEqual(versions);
});
