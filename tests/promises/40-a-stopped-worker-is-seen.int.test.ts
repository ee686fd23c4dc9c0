import { expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startSystem } from '../rig/system.ts';

const SEEN_WITHIN_MS = 15_000;
const namespace = testNamespace();

test('readiness and metrics report a frozen worker until it continues', async () => {
  const store = await openTestStore(namespace);
  const system = await startSystem(namespace, { workers: 2 });
  const readiness = async () => (await fetch(`${system.apiUrl}/readyz`)).json();
  const metrics = async () => {
    const login = Buffer.from(`ops:${system.env['OPS_PASSWORD']}`).toString('base64');
    const headers = { authorization: `Basic ${login}` };
    return (await fetch(`${system.apiUrl}/metrics`, { headers })).text();
  };
  try {
    const [frozen] = system.workers;
    await expect
      .poll(readiness, { timeout: SEEN_WITHIN_MS })
      .toMatchObject({ status: 'ready', workers: { working: 2 } });
    const { pid = 0 } = frozen ?? {};
    const record = await store.processes.findOne({ kind: 'worker', pid });
    frozen?.signal('SIGSTOP');
    await expect.poll(readiness, { timeout: SEEN_WITHIN_MS }).toMatchObject({
      status: 'degraded',
      problems: [{ part: 'workers', code: 'silent', worker: record?._id }],
      workers: { working: 1, known: 2 },
    });
    expect(await metrics()).toMatch(/^lastunit_workers\{state="silent"\} 1$/m);
    frozen?.signal('SIGCONT');
    await expect.poll(readiness, { timeout: SEEN_WITHIN_MS }).toMatchObject({ status: 'ready' });
    // A worker that was stopped with SIGTERM is not reported.
    await frozen?.stop();
    await expect
      .poll(readiness, { timeout: SEEN_WITHIN_MS })
      .toMatchObject({ status: 'ready', workers: { known: 1 } });
    await expect.poll(() => store.processes.countDocuments()).toBe(2);
  } finally {
    for (const worker of system.workers) worker.signal('SIGCONT');
    await system.stop();
    await store.close();
  }
}, 90_000);
