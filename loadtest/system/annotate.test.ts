import { expect, onTestFinished, test, vi } from 'vitest';
import { fakeApi } from '../testing/fake-api.ts';
import { openAnnotations } from './annotate.ts';
import type { ApiAnswer } from './api.ts';

/** Opens annotations on a system that responds with `answer`. */
function annotationsWith(answer: (count: number) => ApiAnswer | Promise<ApiAnswer>) {
  const { api, requests } = fakeApi((_, count) => answer(count));
  const lines: string[] = [];
  const annotate = openAnnotations(api, (line) => lines.push(line));
  return { annotate, requests, lines };
}

const created = () => ({ status: 201, body: { id: 'aud_1' } });

test('notes each text once, as the operator', async () => {
  const { annotate, requests, lines } = annotationsWith(created);
  await annotate('k6 hot');
  await annotate('k6 hot: passed');
  const call = { method: 'POST', path: '/ops/annotations', as: 'operator', triesMax: 1 };
  expect(requests).toEqual([
    { ...call, body: { text: 'k6 hot' } },
    { ...call, body: { text: 'k6 hot: passed' } },
  ]);
  expect(lines).toEqual([]);
});

test('a long text is cut to 200 characters', async () => {
  const { annotate, requests } = annotationsWith(created);
  await annotate('x'.repeat(500));
  expect(requests).toMatchObject([{ body: { text: 'x'.repeat(200) } }]);
});

test('a refusal is logged once, and nothing is noted after it', async () => {
  const body = { code: 'ops_read_only', detail: 'Changes are switched off.' };
  const { annotate, requests, lines } = annotationsWith(() => ({ status: 403, body }));
  await annotate('start');
  await annotate('end');
  expect(lines).toEqual([
    'not noted on the observatory: 403 ops_read_only Changes are switched off.',
  ]);
  expect(requests).toHaveLength(1);
});

test('a fault is logged, and the next text is noted', async () => {
  const { annotate, requests, lines } = annotationsWith((count) => {
    if (count === 1) throw new Error('it is unreachable');
    return count === 2 ? { status: 500, body: {} } : created();
  });
  for (const text of ['one', 'two', 'three']) await annotate(text);
  expect(lines).toEqual([
    'not noted on the observatory: it is unreachable',
    'not noted on the observatory: 500',
  ]);
  expect(requests).toHaveLength(3);
});

test('a silent system delays a run by five seconds', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { annotate, lines } = annotationsWith(() => new Promise(() => undefined));
  const annotating = annotate('start');
  await vi.advanceTimersByTimeAsync(5_000);
  await annotating;
  expect(lines).toEqual(['not noted on the observatory: annotating did not end within 5000 ms']);
});
