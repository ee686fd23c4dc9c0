import { expect, test } from 'vitest';
import { QueueFullError } from '../../shared/runtime/group-commit.ts';
import { KeyedMutex } from './keyed-mutex.ts';

test('work on one key runs in order, one after the other, also after failures', async () => {
  const mutex = new KeyedMutex('tests');
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    await Promise.resolve();
    seen.push(`${name} ends`);
    if (name === 'b') throw new Error('b fails');
    return name;
  };
  const runs = ['a', 'b', 'c'].map((name) => mutex.run('x', work(name)));
  const settled = await Promise.allSettled(runs);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('work on different keys runs concurrently', async () => {
  const mutex = new KeyedMutex('tests');
  let open: () => void = () => undefined;
  const held = mutex.run('x', () => new Promise<void>((resolve) => (open = resolve)));
  expect(await mutex.run('y', async () => 'y')).toBe('y');
  open();
  await held;
});

test('work is refused while 100 calls wait for the key, and accepted again later', async () => {
  const mutex = new KeyedMutex('tests');
  const many = await Promise.allSettled(
    Array.from({ length: 200 }, () => mutex.run('x', async () => 'done')),
  );
  const refused = many.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(99);
  expect(refused[0]?.reason).toBeInstanceOf(QueueFullError);
  expect(await mutex.run('x', async () => 'done')).toBe('done');
});
