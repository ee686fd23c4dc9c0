import { expect, onTestFinished, test } from 'vitest';
import { withDeadline } from '../runtime/deadline.ts';
import { testNamespace } from '../testing/harness.ts';
import { startTcpProxy } from '../testing/tcp-proxy.ts';
import { openStore } from './store.ts';

const WRITE_MS_MAX = 5_000;
const ROUNDS = 10;
const READS_PER_ROUND = 10;
const READS_MS_MAX = 30_000;
const namespace = testNamespace({ isOwnDatabase: true });

/** Connects to MongoDB through a proxy, until the end of the test. */
async function openThroughProxy() {
  const port = Number(/:(\d+)\//.exec(namespace.mongodbUrl)?.[1]);
  const proxy = await startTcpProxy(port);
  onTestFinished(() => proxy.close());
  const url = `mongodb://127.0.0.1:${proxy.port}/${namespace.databaseName}?directConnection=true`;
  const store = await openStore(url);
  onTestFinished(() => store.close());
  return { proxy, store };
}

test('connections that stay open but forward nothing are replaced', async () => {
  const { proxy, store } = await openThroughProxy();
  const write = () =>
    withDeadline(
      'a write',
      WRITE_MS_MAX,
      store.connection.collection('things').insertOne({ at: new Date() }),
    ).then(
      () => 'written',
      (error: unknown) => String(error),
    );
  expect(await write()).toBe('written');
  proxy.stall();
  await expect.poll(write, { timeout: 20_000 }).toBe('written');
}, 40_000);

test('operations that begin while a server closes its connections end', async () => {
  const { proxy, store } = await openThroughProxy();
  const read = () => store.shops.findOne({ email: 'nobody@example.com' }).catch(() => null);
  const reads: Promise<unknown>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(Array.from({ length: READS_PER_ROUND }, read));
    proxy.cut();
    // Between the end of a connection and its `close` event, Node runs these callbacks.
    for (let n = 0; n < READS_PER_ROUND; n += 1) {
      reads.push(read());
      await new Promise(setImmediate);
    }
  }
  await withDeadline('reads over closed connections', READS_MS_MAX, Promise.all(reads));
}, 60_000);
