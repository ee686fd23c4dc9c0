import { readdir } from 'node:fs/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenSeller } from '../../api/testing/sessions.ts';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { fromCache } from '../../shared/services/binaries/cache.ts';
import { findOnPath } from '../../shared/services/binaries/on-path.ts';
import { apiClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { skipIfMissing } from '../../shared/testing/skip-if-missing.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { type InProcessSystem, startInProcessSystem } from '../../tests/rig/in-process-system.ts';
import { openAnnotations } from '../system/annotate.ts';
import { type Api, openApi } from '../system/api.ts';
import type { SigningKey } from '../system/running-system.ts';
import { readK6Options } from './options.ts';
import { SCRIPT } from './run-k6.ts';
import { runScenario } from './run-scenario.ts';
import { prepareTestProducts } from './test-products.ts';

const { cacheDir } = readEnv();
const cached = { cacheDir, entry: 'k6-2.0.0', program: 'k6' };
const k6 = (await findOnPath(['k6'])) ?? (await fromCache(cached)) ?? '';
const missing = k6 === '' ? 'k6 is not installed; npm run k6 builds it with Go' : undefined;

let running: InProcessSystem;
let api: Api;

/** A key whose requests are refused without a signature. */
let signing: SigningKey;

const system = () => ({
  apiUrl: running.url,
  apiKey: running.shopA.apiKey,
  signing,
  ops: TEST_OPERATOR,
});

beforeAll(async () => {
  running = await startInProcessSystem(testNamespace(), { isOpsWritable: true });
  signing = await givenSigningKey();
  api = openApi(system(), 8);
});

async function givenSigningKey(): Promise<SigningKey> {
  const seller = await givenSeller(running);
  const request = { name: 'k6', scopes: SCOPES, requireSignature: true };
  type NewKey = Omit<SigningKey, 'secret'> & { readonly signingSecret: string };
  const { body } = await seller.post<NewKey>('/v1/api-keys', request);
  return { apiKey: body.apiKey, keyId: body.keyId, secret: body.signingSecret };
}

afterAll(async () => {
  api.close();
  await running.close();
});

// High limits, because other load on this machine must not fail the test.
const LIMITS =
  '--post-p95-ms 60000 --post-p99-ms 60000 --outcome-p95-ms 60000 --outcome-p99-ms 60000';
const SMALL = `--short --rate 10 --seconds 1 ${LIMITS}`;

/** Runs a scenario at a low rate. */
async function tryScenario(name: string, args = SMALL) {
  const [run] = readK6Options([name, ...args.split(' ')]).runs;
  if (run === undefined) throw new RangeError(name);
  const reports = await temporaryFolder();
  const { signal } = new AbortController();
  const log = () => undefined;
  const annotate = openAnnotations(api, log);
  const context = { api, k6, system: system(), signal, log, annotate, reports, probesMax: 2 };
  const result = await runScenario({ ...context, output: 'ignore' }, run);
  return { ...result, reports: await readdir(reports) };
}

/** Reads the latest notes on the observatory, newest first. */
async function readNotes(count: number): Promise<unknown[]> {
  const latest = { sort: { _id: -1 }, limit: count } as const;
  const notes = running.context.store.audit.find({ action: 'ops.annotated' }, latest);
  return (await notes.toArray()).map(({ detail }) => detail?.['text']);
}

test.each([
  'spread',
  'carts',
  'duplicates',
  'polling',
  'streaming',
  'storm',
  'limited',
  'patient',
  'draw',
])('the scenario %s ends with a verdict', skipIfMissing(missing), async (name) => {
  const { figures, failures, verdict } = await tryScenario(name);
  expect(failures).toEqual([]);
  expect(verdict).toMatchObject({ ok: true, pending: 0 });
  expect(verdict.accepted).toBeGreaterThanOrEqual(10);
  expect(figures[0]).toContain(`${name}: 10/s for 1 s; response p95`);
  const start = `k6 ${name}, short: 10/s for 1 s`;
  expect(await readNotes(2)).toEqual([`k6 ${name}: passed; verdict ok`, start]);
});

test(
  'signed requests are accepted for a key that requires signatures',
  skipIfMissing(missing),
  async () => {
    const { failures, verdict } = await tryScenario('signed');
    expect(failures).toEqual([]);
    expect(verdict).toMatchObject({ ok: true, pending: 0 });
    expect(verdict.accepted).toBeGreaterThanOrEqual(10);
    const body = { buyerId: 'b', lines: [] };
    const unsigned = apiClient(running.url, signing.apiKey);
    const { status } = await unsigned.post('/v1/checkouts', body, {
      'idempotency-key': 'unsigned',
    });
    expect(status).toBe(401);
  },
);

test.each([
  ['soak', ['first', 'middle', 'last']],
  ['spike', ['before', 'peak', 'after']],
])(
  'each phase of the scenario %s has its load and its figures',
  skipIfMissing(missing),
  async (name, phases) => {
    const { figures, failures, verdict } = await tryScenario(name);
    // Phases of a second are too short to compare the end with the beginning.
    expect(failures.filter((text) => !text.startsWith('slower at the end'))).toEqual([]);
    expect(verdict).toMatchObject({ ok: true, pending: 0 });
    expect(verdict.accepted).toBeGreaterThanOrEqual(10 * phases.length);
    expect(figures.slice(0, phases.length)).toEqual(
      phases.map((phase) => expect.stringMatching(`^${phase}: 10/s for 1 s; response p95 `)),
    );
  },
);

test('a threshold that cannot be met fails a scenario', skipIfMissing(missing), async () => {
  const impossible = '--short --rate 10 --seconds 1 --post-p95-ms 1';
  const { failures, verdict } = await tryScenario('hot', impossible);
  expect(failures).toContainEqual(expect.stringContaining('must be p(95)<1, but is'));
  expect(verdict.ok).toBe(true);
  const [note] = await readNotes(1);
  expect(note).toMatch(/^k6 hot: failed; verdict ok; threshold: .+ must be p\(95\)<1, but is/);
});

test(
  'a break-point search doubles the rate, and writes a report of each probe',
  skipIfMissing(missing),
  async () => {
    const { figures, failures, reports } = await tryScenario(
      'break-point',
      `--short --rate 10 ${LIMITS}`,
    );
    expect(failures).toEqual([]);
    expect(figures).toContain('held at 20 checkouts a second');
    expect(figures).toContain('no rate broke a threshold');
    expect(reports).toHaveLength(2);
    expect(await readNotes(3)).toEqual([
      'k6 break-point: passed; verdict ok',
      'k6 break-point, short: 20/s for 3 s',
      'k6 break-point, short: 10/s for 3 s',
    ]);
  },
);

test(
  'without a plan the script buys the variant that the environment names',
  skipIfMissing(missing),
  async () => {
    const phase = { name: 'hot', cart: 'hot', rate: 5, seconds: 1, stockPercent: 100 } as const;
    const products = await prepareTestProducts(api, 'k6-small', [phase]);
    const env = {
      API_URL: running.url,
      API_KEY: running.shopA.apiKey,
      VARIANT_ID: products.get('hot')?.[0]?.variantId,
      RATE: '5',
      SECONDS: '1',
    };
    const args = ['run', '--no-usage-report', '--address', '', SCRIPT];
    const { stdout } = await execa(k6, args, { env, reject: false });
    expect(stdout).toMatch(/checkouts_placed\.+: 5 /);
  },
);
