import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { childEnv, projectRoot } from '../shared/runtime/env.ts';
import { writable } from '../shared/store/writable.ts';
import { givenCheckout, givenVariants, toPricedLine } from '../shared/testing/builders.ts';
import { testNamespace } from '../shared/testing/harness.ts';
import { openTestStore } from '../shared/testing/test-store.ts';

const namespace = testNamespace();
const store = await openTestStore(namespace);

async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const { mongodbUrl, redisUrl, keyPrefix } = namespace;
  const env = childEnv({ MONGODB_URL: mongodbUrl, REDIS_URL: redisUrl, KEY_PREFIX: keyPrefix });
  const file = join(projectRoot, 'commands/reconcile.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env }, (failure, out, error) => {
      resolve({ code: Number(failure?.code ?? 0), out, error });
    });
  });
}

function parseLastLine(text: string): unknown {
  return JSON.parse(text.trim().split('\n').at(-1) ?? '');
}

describe('npm run reconcile', () => {
  beforeAll(async () => {
    await givenVariants(store, [{ onHand: 5 }, { onHand: 7 }]);
  });

  test('a consistent record: no differences, the verdict on the last line, exit 0', async () => {
    const { code, out } = await run();
    expect(out).toContain('no differences');
    expect(parseLastLine(out)).toMatchObject({ drift: 0, ok: true });
    expect(code).toBe(0);
  });

  test('each difference is printed, exit 1; a fix repairs it, exit 0; then nothing is left', async () => {
    await writable(store).stock.updateOne({ onHand: 5 }, { $set: { onHand: 6 } });
    const checked = await run();
    expect(checked.out).toMatch(
      /^var_\w+: onHand is 6, but its records add up to 5\n1 difference\n/,
    );
    expect(parseLastLine(checked.out)).toMatchObject({ drift: 1, ok: false });
    expect(checked.code).toBe(1);
    const fixed = await run('--fix', '--json');
    expect(JSON.parse(fixed.out)).toMatchObject({
      differences: [{ counter: 'onHand', stored: 6, expected: 5 }],
      repaired: [{ corrections: { onHand: -1, reserved: 0, sold: 0 } }],
      left: [],
      verdict: { drift: 0, ok: true },
    });
    expect(fixed.code).toBe(0);
    expect((await run()).code).toBe(0);
  });

  test('no difference, but a verdict that is not ok: exit 1', async () => {
    const [lamp] = await givenVariants(store, [{ onHand: 1 }]);
    const spec = { lines: [toPricedLine(lamp)], status: 'placed' } as const;
    const { _id } = await givenCheckout(store, spec);
    const { code, out } = await run();
    await store.checkouts.deleteOne({ _id });
    expect(out).toContain('no differences');
    expect(parseLastLine(out)).toMatchObject({ lost: 1, drift: 0, ok: false });
    expect(code).toBe(1);
  });

  test('an unknown option exits with 2, and --help lists the known options', async () => {
    const unknown = await run('--frobnicate');
    expect({ code: unknown.code, out: unknown.out }).toEqual({ code: 2, out: '' });
    expect(unknown.error).toContain('--frobnicate');
    const help = await run('--help');
    expect(help.out).toContain('--fix');
    expect(help.code).toBe(0);
  });
});
