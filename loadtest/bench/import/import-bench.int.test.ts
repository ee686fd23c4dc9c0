import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { childEnv } from '../../../shared/runtime/env.ts';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { givenFile } from '../../testing/given-file.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Each run starts and stops servers, an API and a worker. */
const BENCH_TIMEOUT_MS = 120_000;

test.each([
  { flags: ['--import-ms', '60000'], code: 0, ok: true },
  { flags: ['--import-ms', '1'], code: 1, ok: false },
])(
  'an import with a bound of $flags.1 ms exits with $code',
  {
    timeout: BENCH_TIMEOUT_MS,
  },
  async ({ flags, code, ok }) => {
    const rows = Array.from(
      { length: 300 },
      (_, index) => `S${index},"RED, ""BIG"" ${index}",${index}`,
    );
    const text = `sku,title,unit_price_pence\n${rows.join('\n')}\n`;
    const args = ['--only', 'import', '--catalog', await givenFile('catalog.csv', text), ...flags];
    const env = childEnv({ DATA_DIR: await temporaryFolder() });
    const run = spawnSync(process.execPath, [MAIN, ...args], { env, encoding: 'utf8' });
    expect(run).toMatchObject({ status: code });
    const report = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '');
    expect(report).toMatchObject({ ok, products: 300, tookMsMax: Number(flags[1]) });
    expect(report.tookMs).toBeGreaterThan(1);
  },
);
