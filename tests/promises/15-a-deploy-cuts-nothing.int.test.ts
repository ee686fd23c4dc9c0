import { connect } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { type GivenVariant, givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { type Child, startChild } from '../rig/child.ts';
import {
  type CallError,
  type KeepAliveClient,
  type KeepAliveResponse,
  keepAliveClient,
} from '../rig/keep-alive-client.ts';
import { givenApiKey } from '../rig/storefront.ts';
import { systemEnv } from '../rig/system.ts';

const DEPLOYS = promiseRuns(20, 1);
const LOOPS = 20;
const ANSWERS_BEFORE = promiseRuns(200, 80);
const PLENTY = 1_000_000;

/** The results of one client until it could no longer connect. */
interface ClientResults {
  readonly answers: readonly KeepAliveResponse[];
  readonly error: CallError;
}

/** Writes `accepted port N` for each connection that the API accepts. */
const COUNTING_API = 'tests/rig/children/counting-api.ts';

function acceptedPorts(api: Child): number[] {
  return [...api.output().matchAll(/^accepted port (\d+)$/gm)].map(([, port]) => Number(port));
}

describe('SIGTERM', () => {
  const namespace = testNamespace();
  let store: Store;
  let variant: GivenVariant;
  let apiKey: string;
  let env: Record<string, string>;
  let api: Child;
  const clients: KeepAliveClient[] = [];

  beforeAll(async () => {
    store = await openTestStore(namespace);
    [variant] = await givenVariants(store, [{ onHand: PLENTY }]);
    apiKey = await givenApiKey(store, variant.shopId);
  });

  const startApi = async (settings: Record<string, string> = {}) => {
    env = await systemEnv(namespace, settings);
    api = await startChild(COUNTING_API, env);
  };
  const client = () => {
    const created = keepAliveClient(`http://127.0.0.1:${env['PORT']}`, apiKey);
    clients.push(created);
    return created;
  };
  afterEach(async () => {
    for (const opened of clients.splice(0)) opened.close();
    await api.stop();
  });

  const order = () => ({
    buyerId: 'b',
    lines: [{ variantId: variant.variantId, quantity: 1 }],
  });

  const untilRefused = async (onAnswer: () => void): Promise<ClientResults> => {
    const { call } = client();
    const answers: KeepAliveResponse[] = [];
    for (;;) {
      try {
        answers.push(await call('POST', '/v1/checkouts', order()));
        onAnswer();
      } catch (error) {
        return { answers, error: error as CallError };
      }
    }
  };

  test(`under ${LOOPS} keep-alive loops cuts no request, ${DEPLOYS} times`, async () => {
    for (let deploy = 0; deploy < DEPLOYS; deploy += 1) {
      await startApi();
      const before = await store.checkouts.countDocuments();
      let count = 0;
      const onAnswer = () => {
        count += 1;
        if (count === ANSWERS_BEFORE) api.signal('SIGTERM');
      };
      const seen = await Promise.all(Array.from({ length: LOOPS }, () => untilRefused(onAnswer)));
      const statuses = seen.flatMap(({ answers }) => answers.map(({ status }) => status));
      expect(new Set(statuses)).toEqual(new Set([202]));
      expect(await store.checkouts.countDocuments()).toBe(before + statuses.length);
      const last = seen.map(({ answers }) => answers.at(-1)?.headers.connection);
      expect(last).toEqual(Array(LOOPS).fill('close'));
      expect(await api.exited).toBe(0);
      // The last response of each loop closed its connection, so the loop's error comes from a new
      // connection. The kernel refuses that connection, or resets it if the API stopped listening
      // without accepting it.
      for (const { error } of seen) {
        expect(['ECONNREFUSED', 'ECONNRESET']).toContain(error.code);
        if (error.code === 'ECONNRESET') expect(acceptedPorts(api)).not.toContain(error.localPort);
      }
      // Each accepted connection ended with a response that announced it.
      const closing = seen.flatMap(({ answers }) =>
        answers.filter(({ headers }) => headers.connection === 'close'),
      );
      expect(acceptedPorts(api)).toHaveLength(closing.length);
    }
  });

  test('ends waits and streams with the current state, and closes idle connections', async () => {
    await startApi();
    const idle = client();
    const answer = await idle.call('POST', '/v1/checkouts', order());
    expect(answer.headers['keep-alive']).toBe('timeout=65');
    const { id } = JSON.parse(answer.text) as { id: string };
    const silent = connect(Number(env['PORT']), '127.0.0.1');
    const isSilentClosed = new Promise((resolve) => silent.on('close', resolve));
    const stream = client().call('GET', `/v1/checkouts/${id}/events`);
    const wait = client().call('GET', `/v1/checkouts/${id}`, undefined, { prefer: 'wait=30' });
    // Both are in progress once a third, later connection has been answered.
    await client().call('GET', `/v1/checkouts/${id}`);
    api.signal('SIGTERM');
    const followed = await stream;
    expect([followed.status, followed.text]).toEqual([200, expect.stringContaining('id: 1\n')]);
    const { status, headers, text } = await wait;
    expect([status, headers.connection]).toEqual([200, 'close']);
    expect(JSON.parse(text)).toMatchObject({ id, status: 'queued' });
    await isSilentClosed;
    expect(await api.exited).toBe(0);
  });

  test('is reported by /readyz for DRAIN_DELAY_S seconds, while requests are still served', async () => {
    await startApi({ DRAIN_DELAY_S: '2' });
    const balancer = client();
    await expect.poll(async () => (await balancer.call('GET', '/readyz')).status).toBe(200);
    api.signal('SIGTERM');
    await expect
      .poll(async () => JSON.parse((await balancer.call('GET', '/readyz')).text))
      .toMatchObject({ status: 'draining', mongodb: 'ok' });
    const { status, headers } = await balancer.call('GET', '/readyz');
    expect([status, headers.connection]).toEqual([503, 'close']);
    const late = await client().call('POST', '/v1/checkouts', order());
    expect([late.status, late.headers.connection]).toEqual([202, 'close']);
    expect(await api.exited).toBe(0);
  });
});
