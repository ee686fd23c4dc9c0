import { expect, onTestFinished, test } from 'vitest';
import { withDeadline } from '../runtime/deadline.ts';
import { testNamespace } from '../testing/harness.ts';
import { startTcpProxy } from '../testing/tcp-proxy.ts';
import { openStore } from './store.ts';

const WRITE_MS_MAX = 5_000;
const namespace = testNamespace({ isOwnDatabase: true });

test('connections that stay open but forward nothing are replaced', async () => {
  const port = Number(/:(\d+)\//.exec(namespace.mongodbUrl)?.[1]);
  const proxy = await startTcpProxy(port);
  onTestFinished(() => proxy.close());
  const url = `mongodb://127.0.0.1:${proxy.port}/${namespace.databaseName}?directConnection=true`;
  const store = await openStore(url);
  onTestFinished(() => store.close());
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
