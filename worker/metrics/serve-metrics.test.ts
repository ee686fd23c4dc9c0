import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type MetricsConfig, serveMetrics } from './serve-metrics.ts';

const login = { username: 'ops', password: 'a good password' };
const metrics = { contentType: 'text/plain; version=0.0.4', print: async () => 'figures 1\n' };

async function serve(changes: Partial<MetricsConfig> = {}, shown: typeof metrics = metrics) {
  const config = { host: '127.0.0.1', port: 0, login, guessesMax: 3, ...changes };
  const server = await serveMetrics(shown, config);
  onTestFinished(() => server.close());
  const basic = (password: string) => {
    const authorization = `Basic ${Buffer.from(`ops:${password}`).toString('base64')}`;
    return { headers: { authorization } };
  };
  const get = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { server, get, validLogin: basic(login.password), wrongLogin: basic('a bad password') };
}

test('operators see the metrics', async () => {
  const { get, validLogin } = await serve();
  const answer = await get('/metrics', validLogin);
  expect([answer.status, await answer.text()]).toEqual([200, 'figures 1\n']);
  expect(answer.headers.get('content-type')).toBe(metrics.contentType);
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('callers without the login see nothing, not even which paths exist', async () => {
  const { get, wrongLogin } = await serve();
  const bearer = { headers: { authorization: 'Bearer abc' } };
  for (const init of [{}, wrongLogin, bearer]) {
    for (const path of ['/metrics', '/other']) {
      const answer = await get(path, init);
      expect([answer.status, await answer.text()]).toEqual([401, '']);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    }
  }
});

test('anyone can check whether the process runs, even with a wrong login', async () => {
  const { get, wrongLogin } = await serve();
  for (const init of [{}, ...Array.from({ length: 5 }, () => wrongLogin)]) {
    const answer = await get('/healthz', init);
    expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
  }
  expect((await get('/healthz', { method: 'POST', body: 'x' })).status).toBe(401);
});

test('other paths are not found, and other methods are not allowed', async () => {
  const { get, validLogin } = await serve();
  expect((await get('/', validLogin)).status).toBe(404);
  expect((await get('/metrics', { ...validLogin, method: 'POST', body: 'x' })).status).toBe(405);
});

test('wrong logins are limited, and correct logins do not count', async () => {
  const { get, validLogin, wrongLogin } = await serve();
  for (let call = 0; call < 5; call += 1)
    expect((await get('/metrics', validLogin)).status).toBe(200);
  for (let call = 0; call < 3; call += 1)
    expect((await get('/metrics', wrongLogin)).status).toBe(401);
  for (const init of [wrongLogin, validLogin]) {
    const answer = await get('/metrics', init);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
});

test('metrics that cannot be printed lead to a 500 without a body', async () => {
  const broken = { ...metrics, print: () => Promise.reject(new Error('a secret')) };
  const { get, validLogin } = await serve({}, broken);
  const answer = await get('/metrics', validLogin);
  expect([answer.status, await answer.text()]).toEqual([500, '']);
});

test('serving on a port that is taken throws EADDRINUSE', async () => {
  const { server } = await serve();
  await expect(serve({ port: server.port })).rejects.toThrow('EADDRINUSE');
});

test('the server closes although a client holds a connection', async () => {
  const { server, get, validLogin } = await serve();
  await (await get('/metrics', validLogin)).text();
  await server.close();
  const probe = createServer();
  await new Promise<void>((resolve) => {
    probe.listen(server.port, '127.0.0.1', () => probe.close(() => resolve()));
  });
});
