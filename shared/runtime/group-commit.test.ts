import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { GroupCommit, QueueFullError, type Settled } from './group-commit.ts';

type Options = ConstructorParameters<typeof GroupCommit<number, number>>[0];

/** A group commit of numbers whose groups end when the test releases them. */
function gated(options: Partial<Options> = {}) {
  const groups: number[][] = [];
  const releases: (() => void)[] = [];
  const commit = async (items: readonly number[]): Promise<Settled<number>[]> => {
    groups.push([...items]);
    await new Promise<void>((resolve) => releases.push(resolve));
    return items.map((value) => ({ value }));
  };
  const group = new GroupCommit({
    name: 'numbers',
    commit,
    itemsMax: 100,
    queueMax: 100,
    ...options,
  });
  const endNext = async () => {
    releases.shift()?.();
    await settle();
  };
  return { group, groups, endNext };
}

/** Waits for two turns of the event loop, after which scheduled groups have started. */
async function settle(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

function toValue(result: PromiseSettledResult<number>): number | undefined {
  return result.status === 'fulfilled' ? result.value : undefined;
}

function submitAll(group: GroupCommit<number, number>, items: readonly number[]) {
  return Promise.allSettled(items.map((item) => group.submit(item)));
}

test('an item is found while it waits or is in progress', async () => {
  const { group, endNext } = gated({ itemsMax: 1 });
  const submitted = submitAll(group, [1, 2]);
  await settle();
  const has = (value: number) => group.has((item) => item === value);
  expect([1, 2, 3].map(has)).toEqual([true, true, false]);
  await endNext();
  expect([1, 2].map(has)).toEqual([false, true]);
  await endNext();
  expect([1, 2].map(has)).toEqual([false, false]);
  await submitted;
});

test('items of one event-loop turn share a group, and items that arrive during its commit form the next group', async () => {
  const { group, groups, endNext } = gated();
  const first = submitAll(group, [1, 2, 3]);
  await settle();
  const second = submitAll(group, [4, 5]);
  await settle();
  expect(groups).toEqual([[1, 2, 3]]);
  await endNext();
  expect(groups).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
  await endNext();
  expect((await first).map(toValue)).toEqual([1, 2, 3]);
  expect((await second).map(toValue)).toEqual([4, 5]);
});

test('no group exceeds itemsMax, and items go in order of arrival', async () => {
  const { group, groups, endNext } = gated({ itemsMax: 2 });
  void submitAll(group, [1, 2, 3, 4, 5]);
  await settle();
  for (let end = 0; end < 3; end += 1) await endNext();
  expect(groups).toEqual([[1, 2], [3, 4], [5]]);
});

test('a group ends before the item that would make the group too heavy; an item above the limit goes alone', async () => {
  const { group, groups, endNext } = gated({ weigh: (item) => item, weightMax: 10 });
  void submitAll(group, [4, 6, 1, 50, 9, 2]);
  await settle();
  for (let end = 0; end < 5; end += 1) await endNext();
  expect(groups).toEqual([[4, 6], [1], [50], [9], [2]]);
});

test('items beyond queueMax are refused at once; items in progress do not count', async () => {
  const { group, groups, endNext } = gated({ itemsMax: 2, queueMax: 2 });
  const inProgress = submitAll(group, [1, 2]);
  await settle();
  const waiting = submitAll(group, [3, 4]);
  await expect(group.submit(5)).rejects.toThrow(QueueFullError);
  await endNext();
  await endNext();
  expect(groups).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect([...(await inProgress), ...(await waiting)].map(({ status }) => status)).toEqual(
    Array(4).fill('fulfilled'),
  );
});

test('the failure of a group fails only its own items', async () => {
  const commit = async (items: readonly number[]) => {
    if (items.includes(2)) throw new Error('no twos');
    return items.map((value) => ({ value }));
  };
  const group = new GroupCommit({ name: 'numbers', commit, itemsMax: 2, queueMax: 100 });
  const results = await submitAll(group, [1, 2, 3, 4]);
  expect(results.map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  await expect(group.submit(5)).resolves.toBe(5);
});

test('items beyond the queue’s weight limit are refused, unless the queue is empty', async () => {
  const weigh = (item: number) => item;
  const { group, groups, endNext } = gated({ weigh, queueWeightMax: 10 });
  const first = submitAll(group, [30, 1, 2]);
  await settle();
  expect(groups).toEqual([[30]]);
  const next = submitAll(group, [4, 6, 1]);
  await settle();
  await endNext();
  await endNext();
  const statuses = async (settling: typeof first) => (await settling).map(({ status }) => status);
  expect(await statuses(first)).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(await statuses(next)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
});

test('an item that has waited too long is refused and never processed', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { group, groups, endNext } = gated({ waitMsMax: 1_000 });
  const first = group.submit(1);
  await settle();
  const late = submitAll(group, [2, 3]);
  vi.advanceTimersByTime(600);
  const inTime = group.submit(4);
  vi.advanceTimersByTime(600);
  await endNext();
  expect(groups).toEqual([[1], [4]]);
  for (const result of await late) {
    expect(result).toMatchObject({ status: 'rejected', reason: expect.any(QueueFullError) });
  }
  await endNext();
  expect(await Promise.all([first, inTime])).toEqual([1, 4]);
});

test('drained() resolves when all items have waited too long', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { group, groups, endNext } = gated({ waitMsMax: 1_000 });
  void submitAll(group, [1]);
  await settle();
  const late = submitAll(group, [2]);
  vi.advanceTimersByTime(1_500);
  const drained = group.drained();
  await endNext();
  await drained;
  expect((await late)[0]?.status).toBe('rejected');
  expect(groups).toEqual([[1]]);
});

test('each item gets its own result or error, and a missing result is an error', async () => {
  const commit = async (items: readonly number[]): Promise<Settled<number>[]> =>
    items
      .filter((item) => item !== 3)
      .map((item) => (item === 2 ? { error: new Error('no twos') } : { value: item * 10 }));
  const group = new GroupCommit({ name: 'numbers', commit, itemsMax: 9, queueMax: 9 });
  const [one, two, three] = await submitAll(group, [1, 2, 3]);
  expect(one).toEqual({ status: 'fulfilled', value: 10 });
  expect(two).toMatchObject({ status: 'rejected', reason: new Error('no twos') });
  expect(three).toMatchObject({ status: 'rejected', reason: new Error('numbers: no result') });
});

test('a result may be undefined', async () => {
  const commit = async (items: readonly number[]) => items.map(() => ({ value: undefined }));
  const group = new GroupCommit({ name: 'nothing', commit, itemsMax: 9, queueMax: 9 });
  await expect(group.submit(1)).resolves.toBeUndefined();
});

test('no more than parallelMax groups are in progress at the same time', async () => {
  const { group, groups, endNext } = gated({ itemsMax: 1, parallelMax: 2 });
  void submitAll(group, [1, 2, 3, 4]);
  await settle();
  expect(groups).toEqual([[1], [2]]);
  await endNext();
  expect(groups).toEqual([[1], [2], [3]]);
  await endNext();
  await endNext();
  await endNext();
  expect(groups).toHaveLength(4);
});

test('drained() resolves when no item waits or is in progress, not before', async () => {
  const { group, endNext } = gated({ itemsMax: 1, parallelMax: 2 });
  await group.drained();
  void submitAll(group, [1, 2, 3]);
  let isDrained = false;
  const drained = Promise.all([group.drained(), group.drained()]).then(() => {
    isDrained = true;
  });
  await settle();
  for (let end = 0; end < 2; end += 1) {
    await endNext();
    expect(isDrained).toBe(false);
  }
  let isLastOver = false;
  const last = group.drained().then(() => {
    isLastOver = true;
  });
  await settle();
  expect(isLastOver).toBe(false);
  await endNext();
  await Promise.all([drained, last]);
});

test('a group that is not full waits for more items while items are frequent', async () => {
  const clock = vi.spyOn(performance, 'now');
  onTestFinished(() => clock.mockRestore());
  clock.mockReturnValue(1_000);
  const { group, groups, endNext } = gated({ itemsMax: 3, lingerMs: 40 });
  void submitAll(group, [1]);
  await settle();
  expect(groups).toEqual([[1]]);
  await endNext();
  clock.mockReturnValue(1_100);
  void submitAll(group, [2]);
  await settle();
  expect(groups).toHaveLength(1);
  void submitAll(group, [3]);
  await expect.poll(() => groups).toEqual([[1], [2, 3]]);
  await endNext();
  clock.mockReturnValue(1_300);
  void submitAll(group, [4]);
  await settle();
  expect(groups).toEqual([[1], [2, 3], [4]]);
  await endNext();

  const full = gated({ itemsMax: 3, lingerMs: 60_000 });
  void submitAll(full.group, [1]);
  await settle();
  await full.endNext();
  void submitAll(full.group, [2]);
  void submitAll(full.group, [3, 4]);
  await settle();
  expect(full.groups).toEqual([[1], [2, 3, 4]]);
});
