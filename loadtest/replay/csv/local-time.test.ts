import { expect, test } from 'vitest';
import { parseLocalTime } from './local-time.ts';

test('times differ by their clock readings', () => {
  const morning = parseLocalTime('2010-12-01T08:26:00') ?? 0;
  expect((parseLocalTime('2010-12-01 08:27') ?? 0) - morning).toBe(60_000);
  expect(morning - (parseLocalTime('2010-12-01') ?? 0)).toBe(30_360_000);
});

test.each([
  '',
  '2010-13-01',
  '2011-02-29',
  '2010-12-01T24:00:00',
  '2010-12-01T08:60',
  '2010-12-01T08:26:00+01:00',
  '01/12/2010 08:26',
])('rejects %j', (text) => {
  expect(parseLocalTime(text)).toBeUndefined();
});
