import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { type InProcessSystem, startInProcessSystem } from '../rig/in-process-system.ts';

const FILE = new URL('../../docs/requests.http', import.meta.url);
const DAY_MS = 86_400_000;

let system: InProcessSystem;

beforeAll(async () => {
  system = await startInProcessSystem(testNamespace());
});
afterAll(() => system?.close());

/** Reads a value by the path of a reference, such as `product.response.body.$.variants[0].id`. */
function resolve(path: string, answers: ReadonlyMap<string, unknown>): string {
  const [name = '', steps = ''] = path.split('.response.body.$.');
  let value = answers.get(name);
  for (const step of steps.split(/[.[\]]+/).filter((step) => step !== '')) {
    value = (value as Record<string, unknown> | undefined)?.[step];
  }
  if (typeof value !== 'string') throw new RangeError(`{{${path}}} is not in an earlier answer`);
  return value;
}

test('the requests of docs/requests.http succeed from top to bottom', async () => {
  const variables = new Map([
    ['api', system.url],
    ['sellerKey', system.shopA.apiKey],
    ['storefrontKey', system.shopB.apiKey],
  ]);
  const answers = new Map<string, unknown>();
  const fill = (text: string) =>
    text.replaceAll(/\{\{(.+?)\}\}/g, (_, path: string) => {
      if (path === '$guid') return randomUUID();
      if (path === '$datetime iso8601 1 d') return new Date(Date.now() + DAY_MS).toISOString();
      return variables.get(path) ?? resolve(path, answers);
    });
  const [, ...sections] = (await readFile(FILE, 'utf8')).split(/^###.*\n/m);
  expect(sections.length).toBeGreaterThan(10);
  for (const section of sections) {
    const [head = '', ...body] = section.split(/\n\n/);
    const lines = head.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const [method = '', url = ''] = fill(lines[0] ?? '').split(' ');
    const headers = lines.slice(1).map((line) => fill(line).split(': ') as [string, string]);
    const text = fill(body.join('\n\n')).trim();
    const answer = await fetch(url, { method, headers, ...(text !== '' && { body: text }) });
    const answerBody = await answer.json();
    expect({ request: lines[0], answerBody, isOk: answer.ok }).toMatchObject({ isOk: true });
    const [, name] = /^# @name (\w+)$/m.exec(head) ?? [];
    if (name !== undefined) answers.set(name, answerBody);
  }
  expect(answers.get('checkout')).toMatchObject({ status: 'placed' });
  expect(answers.get('withdrawn')).toMatchObject({
    status: 'rejected',
    rejection: { code: 'withdrawn' },
  });
});
