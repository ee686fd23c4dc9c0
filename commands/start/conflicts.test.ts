import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readEnv } from '../../shared/runtime/env.ts';
import { freePort } from '../../shared/services/processes/ports.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { requireFreePort, takeData } from './conflicts.ts';

/** Returns a port that is taken, and a port that is probably free. */
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

test('the error names a taken port of the API or of a worker’s metrics', async () => {
  const { taken, free } = await givenPorts();
  const check = (env: Record<string, string>) => requireFreePort(readEnv(env));
  await expect(check({ PORT: String(free) })).resolves.toBeUndefined();
  await expect(check({ PORT: String(taken) })).rejects.toThrow(
    `Port ${taken} of 127.0.0.1 (PORT) is taken`,
  );
  for (const [WORKERS, first] of [
    ['1', taken],
    ['2', taken - 1],
  ] as const) {
    const env = { PORT: String(free), WORKERS, METRICS_PORT: String(first) };
    await expect(check(env)).rejects.toThrow(/of 127\.0\.0\.1 \(METRICS_PORT\) is taken/);
  }
});

test('the error names the setting if its address is not of this machine or its name cannot be resolved', async () => {
  const port = String(await freePort());
  const findConflictFor = (env: Record<string, string>) =>
    requireFreePort(readEnv({ PORT: port, ...env })).then(
      () => '',
      (error: Error) => error.message,
    );
  expect(await findConflictFor({ HOST: '192.0.2.1' })).toMatch(
    /^HOST is 192\.0\.2\.1, which is not an address of this machine\./,
  );
  expect(await findConflictFor({ HOST: 'nowhere.invalid' })).toMatch(
    /^HOST is nowhere\.invalid, a name that cannot be resolved\.$/,
  );
  const metrics = { METRICS_HOST: '192.0.2.1', METRICS_PORT: port };
  expect(await findConflictFor({ ...metrics, PORT: String(await freePort()) })).toMatch(
    /^METRICS_HOST is 192\.0\.2\.1/,
  );
  expect(await findConflictFor({ HOST: '127.0.0.1' })).toBe('');
});

test('the error names the setting of a folder that is not writable', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'file');
  await writeFile(file, '');
  for (const dataDir of [file, join(file, 'below'), '/sys/lastunit']) {
    await expect(takeData(readEnv({ DATA_DIR: dataDir }))).rejects.toThrow(
      `DATA_DIR is ${dataDir}, and `,
    );
  }
});
