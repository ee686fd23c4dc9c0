import { expect, test } from 'vitest';
import { secondsInStat, timesInStat } from './cpu-times.ts';

test('the CPU time of a process is its user time plus its system time', () => {
  const stat =
    '4711 (mongod) S 1 4711 4711 0 -1 4194560 9 0 0 0 1234 66 7 8 20 0 33 0 5000 1000 200 99';
  expect(secondsInStat(stat)).toBe(13);
});

test('accepts any program name', () => {
  const stat = '7 (a) R (b 1 2) S 1 7 7 0 -1 0 9 0 0 0 100 50 0 0 20 0 1 0 5 1 2';
  expect(secondsInStat(stat)).toBe(1.5);
});

test('counts time in programs and the kernel as busy, but not interrupts or waiting', () => {
  const stat = 'cpu  1000 100 400 9999 888 77 66 25 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n';
  expect(timesInStat(stat)).toEqual({ busy: 15, stolen: 0.25 });
});
