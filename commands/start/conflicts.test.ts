import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readEnv } from '../../shared/runtime/env.ts';
import { requireFreePort } from './conflicts.ts';

/** A port that is taken, and one that most likely is not. */
async function givenPorts(): Promise<{ readonly taken: number; readonly free: number }> {
  const servers = [createServer(), createServer()];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const [taken, free] = servers.map((server) => (server.address() as AddressInfo).port);
  servers[1]?.close();
  onTestFinished(() => void servers[0]?.close());
  return { taken: taken ?? 0, free: free ?? 0 };
}

test('a port of the API, or of any worker’s figures, that is taken is named', async () => {
  const { taken, free } = await givenPorts();
  const wanted = (env: Record<string, string>) => requireFreePort(readEnv(env));
  await expect(wanted({ PORT: String(free) })).resolves.toBeUndefined();
  await expect(wanted({ PORT: String(taken) })).rejects.toThrow(
    `Port ${taken} of 127.0.0.1 (PORT) is taken`,
  );
  for (const [WORKERS, first] of [
    ['1', taken],
    ['2', taken - 1],
  ] as const) {
    const env = { PORT: String(free), WORKERS, METRICS_PORT: String(first) };
    await expect(wanted(env)).rejects.toThrow(/of 127\.0\.0\.1 \(METRICS_PORT\) is taken/);
  }
});
