import { expect, onTestFinished, test, vi } from 'vitest';
import { fakeApi } from '../testing/fake-api.ts';
import { finalVerdict } from './final-verdict.ts';

const FROM = new Date('2030-01-01T00:00:00Z');
const okVerdict = {
  ...{ accepted: 9, placed: 9, rejected: 0, failed: 0, unitsPlaced: 9, oversold: 0, undersold: 0 },
  ...{ lost: 0, duplicated: 0, drift: 0, inversions: 0, waiting: 0, ok: true },
  window: { from: FROM.toISOString(), to: null },
};

function startVerdict(pendings: readonly number[]) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { api, requests } = fakeApi(({ path }, count) => {
    const pending = path.includes('drained=true') ? 0 : (pendings[count - 1] ?? pendings.at(-1));
    return { status: 200, body: { ...okVerdict, pending, extra: 1 } };
  });
  return { requests, verdict: finalVerdict(api, FROM) };
}

test('repeats the request until every checkout has an outcome', async () => {
  const { requests, verdict } = startVerdict([3, 1, 0]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await verdict).toMatchObject({ pending: 0, ok: true, extra: 1 });
  expect(requests).toHaveLength(3);
  expect(requests[0]).toMatchObject({
    as: 'operator',
    path: '/ops/verdict?from=2030-01-01T00%3A00%3A00.000Z&drained=false',
  });
});

test('waits for a verdict as long as the API may take for it', async () => {
  const { requests, verdict } = startVerdict([0]);
  await verdict;
  expect(requests[0]?.silenceMs).toBeGreaterThan(300_000);
});

test('requests the verdict with drained=true once the number of pending checkouts stops falling', async () => {
  const { requests, verdict } = startVerdict([5, 3]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await verdict).toMatchObject({ pending: 0 });
  expect(requests.at(-1)?.path).toContain('drained=true');
});

/** Starts a verdict on two waiting checkouts, of which these many fit into the free units. */
function startWaiting(...fitting: readonly number[]) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let polls = 0;
  const { api } = fakeApi(({ path }) => {
    const undersold = path.includes('drained=true') ? (fitting[polls++] ?? fitting.at(-1)) : 0;
    return { status: 200, body: { ...okVerdict, pending: 0, waiting: 2, undersold } };
  });
  return finalVerdict(api, FROM);
}

test('waits until no checkout waits for units that are free', async () => {
  const verdict = startWaiting(2, 1, 0);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await verdict).toMatchObject({ undersold: 0 });
});

test('waiting checkouts that are not served within 30 s are undersold', async () => {
  const verdict = startWaiting(2, 1);
  await vi.advanceTimersByTimeAsync(40_000);
  expect(await verdict).toMatchObject({ undersold: 1 });
});

test('reports the response if there is no verdict', async () => {
  const { api } = fakeApi(() => ({ status: 401, body: { code: 'operator_required' } }));
  await expect(finalVerdict(api, FROM)).rejects.toThrow(
    'returned no verdict: 401 operator_required',
  );
});
