import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { projectRoot } from '../../shared/runtime/env.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { runLoadProgram } from '../testing/run-load-program.ts';
import type { Finding } from './judge-feed.ts';
import type { ShadowFigures } from './report.ts';

/** The example of the README: its feed, its command, and what it prints. */
async function readExample() {
  const readme = await readFile(join(projectRoot, 'README.md'), 'utf8');
  const pattern =
    /^\$ cat feed\.csv\n(.+?)^\$ (npm run -s shadow -- --feed feed\.csv)\n(.+?)^```$/ms;
  const [, feed = '', command = '', output = ''] = pattern.exec(readme) ?? [];
  return { feed, command, printed: output.trimEnd().split('\n') };
}

async function shadow(...args: readonly string[]) {
  const main = new URL('main.ts', import.meta.url);
  const { out, err, code } = await runLoadProgram({ main, args, dataDir: await temporaryFolder() });
  return { lines: out.trimEnd().split('\n'), err, code };
}

const readFigures = (lines: readonly string[]): ShadowFigures => JSON.parse(lines.at(-1) ?? '');

test('the command in the README prints the output that the README shows', async () => {
  const { feed, command, printed } = await readExample();
  expect(printed.length).toBeGreaterThan(5);
  const path = join(await temporaryFolder(), 'feed.csv');
  await writeFile(path, feed);
  const [program = '', ...args] = command.replace('feed.csv', path).split(' ');
  const { stdout, exitCode } = await execa(program, args, { cwd: projectRoot, reject: false });
  // The README cuts off the last line.
  const [last = '', ...rest] = printed.toReversed();
  expect(stdout.split('\n').slice(0, -1)).toEqual(rest.toReversed());
  expect(last).toMatch(/…\}$/);
  expect(stdout.split('\n').at(-1)).toContain(last.replace('…}', ''));
  expect(exitCode).toBe(1);
});

test('the findings on a generated feed agree with its generator', async () => {
  const folder = await temporaryFolder();
  const [feed, out] = ['feed.csv', 'findings.ndjson'].map((name) => join(folder, name));
  if (feed === undefined || out === undefined) throw new RangeError('no paths');
  const generated = await shadow('--generate', feed, '--orders', '2000', '--seed', '7');
  expect([generated.code, generated.err]).toEqual([0, '']);
  const [, oversold, wronglyRefused] =
    /2000 orders, of which the shop oversold (\d+) and wrongly refused (\d+)\./.exec(
      generated.lines[0] ?? '',
    ) ?? [];
  const count = Number(oversold) + Number(wronglyRefused);
  expect([Number(oversold) > 3, Number(wronglyRefused) > 3]).toEqual([true, true]);

  const { lines, err, code } = await shadow('--feed', feed, '--out', out, '--list', '2');
  expect([code, err]).toEqual([1, '']);
  expect(readFigures(lines)).toMatchObject({
    orders: 2_000,
    oversoldOrders: Number(oversold),
    wronglyRefusedOrders: Number(wronglyRefused),
    lastunit: { placed: expect.any(Number) },
    skusWithoutStock: 0,
    brokenLines: 0,
  });
  expect(lines.filter((line) => /^(oversold|wrongly refused): /.test(line))).toHaveLength(2);
  expect(lines[2]).toBe(`and ${count - 2} more; --out FILE writes all`);
  const findings: Finding[] = (await readFile(out, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(findings).toHaveLength(count);
  expect(findings.filter(({ kind }) => kind === 'oversold')).toHaveLength(Number(oversold));

  // The same seed generates the same feed.
  const again = join(folder, 'again.csv');
  await shadow('--generate', again, '--orders', '2000', '--seed', '7');
  expect(await readFile(again, 'utf8')).toBe(await readFile(feed, 'utf8'));
});

test('the exit code shows whether all orders were right, and whether the feed can be judged', async () => {
  const folder = await temporaryFolder();
  const write = async (name: string, ...rows: readonly string[]) => {
    const path = join(folder, name);
    await writeFile(path, ['time,sku,quantity,result,order', ...rows, ''].join('\n'));
    return path;
  };
  const right = await write(
    'right.csv',
    '2026-11-27T09:00:00Z,MUG,1,stock,',
    '2026-11-27T09:00:01Z,MUG,1,accepted,1',
  );
  expect(await shadow('--feed', right)).toMatchObject({ code: 0, err: '' });
  const withoutOrders = await shadow(
    '--feed',
    await write('no-orders.csv', '2026-11-27T09:00:00Z,MUG,1,stock,'),
  );
  expect(withoutOrders).toMatchObject({ code: 2, err: 'the feed has no orders\n' });
  const withoutStock = await write(
    'no-stock.csv',
    '2026-11-27T09:00:00Z,MUG,1,accepted,1',
    '2026-11-27T09:00:01Z,MUG,1,refused,2',
  );
  const unjudged = await shadow('--feed', withoutStock);
  expect(unjudged).toMatchObject({ code: 2, lines: [''] });
  expect(unjudged.err).toContain('no order can be judged');
  expect(await shadow('--feed', withoutStock, '--stock', '1')).toMatchObject({ code: 0, err: '' });
  const broken = await write(
    'broken.csv',
    '2026-11-27T09:00:00Z,MUG,1,stock,',
    'x,MUG,1,accepted,1',
    '2026-11-27T09:00:01Z,MUG,1,accepted,2',
  );
  const stopped = await shadow('--feed', broken);
  expect(stopped.code).toBe(2);
  expect(stopped.err).toContain('broken lines: 1; use --on-error skip to skip them');
  const skipped = await shadow('--feed', broken, '--on-error', 'skip');
  expect(skipped.code).toBe(0);
  expect(readFigures(skipped.lines)).toMatchObject({ orders: 1, brokenLines: 1 });
});

test.each([
  [[], '--feed FILE|URL is needed'],
  [['--feed', 'a', '--generate', 'b'], 'use --feed or --generate, not both'],
  [['--feed', '/nothing/is/here.csv'], 'ENOENT'],
  [['--feed', 'a', '--list', 'x'], '--list must be a whole number'],
  [['--generate', 'a', '--orders', '0'], '--orders must be a whole number from 1'],
])('the arguments %j are refused', async (args, problem) => {
  const { lines, err, code } = await shadow(...args);
  expect([code, lines]).toEqual([2, ['']]);
  expect(err).toContain(problem);
});
