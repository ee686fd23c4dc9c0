import { expect, test } from 'vitest';
import { manualClock } from '../../../shared/testing/manual-clock.ts';
import { resolveTarget } from './resolve-target.ts';
import { shareAnswers } from './shared-answers.ts';

const PUBLIC = '93.184.216.34';

/** A resolver that gives these answers, one after the other, and counts the questions. */
function resolverOf(...answers: (readonly string[] | Error)[]) {
  const asked: string[] = [];
  const resolver = async (host: string) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(host);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { resolver, asked };
}

test('attempts at the same time, and for some seconds after, share one question', async () => {
  const clock = manualClock();
  const { resolver, asked } = resolverOf([PUBLIC]);
  const { resolve } = shareAnswers(resolver, clock);
  const answers = await Promise.all([resolve('a.example'), resolve('a.example')]);
  expect(answers).toEqual([[PUBLIC], [PUBLIC]]);
  clock.advance(2_999);
  await resolve('a.example');
  expect(asked).toHaveLength(1);
  clock.advance(1);
  await resolve('a.example');
  expect(asked).toHaveLength(2);
  await resolve('b.example');
  expect(asked).toEqual(['a.example', 'a.example', 'b.example']);
});

test('what failed, had no address, or did not serve is asked again', async () => {
  const { resolver, asked } = resolverOf(new Error('no server'), [], [PUBLIC]);
  const { resolve, forget } = shareAnswers(resolver, manualClock());
  await expect(resolve('a.example')).rejects.toThrow('no server');
  expect(await resolve('a.example')).toEqual([]);
  expect(await resolve('a.example')).toEqual([PUBLIC]);
  await resolve('a.example');
  expect(asked).toHaveLength(3);
  forget();
  await resolve('a.example');
  expect(asked).toHaveLength(4);
});

test('a shared answer is checked each time it is used, all of it', async () => {
  const { resolver, asked } = resolverOf([PUBLIC, '10.0.0.1']);
  const { resolve } = shareAnswers(resolver, manualClock());
  const lenient = { allowedRanges: [], isHttpAllowed: true };
  for (let count = 0; count < 3; count += 1) {
    const resolved = await resolveTarget('http://a.example/', lenient, resolve);
    expect(resolved).toEqual({ error: 'forbidden_target' });
  }
  expect(asked).toHaveLength(1);
});
