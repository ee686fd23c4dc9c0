import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signRequest } from '../../shared/access/request-signature/sign-request.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { toSigningSecret } from '../access/signing-secret.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, TEST_OPERATOR, type TestApi } from '../testing/start-test-api.ts';

const openBrowser = browserForFile();
const PREFIX = '/shop/api';

/** Starts a proxy that serves the API below a path, and that strips the path or keeps it. */
async function startProxy(target: () => string, strips: boolean) {
  const server = createServer((incoming, outgoing) => {
    const { url = '', method, headers } = incoming;
    if (!url.startsWith(`${PREFIX}/`))
      return void outgoing.writeHead(404).end('not below the path');
    const path = strips ? url.slice(PREFIX.length) : url;
    // Each request has its own connection, because the API may close an idle one at any moment.
    const options = { method, headers, agent: false };
    const forwarded = request(`${target()}${path}`, options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing).catch(() => undefined);
    });
    pipeline(incoming, forwarded).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url };
}

describe.each([
  ['strips the path', true],
  ['keeps the path', false],
])('behind a path, with a proxy that %s', (_what, strips) => {
  const namespace = testNamespace();
  let api: TestApi;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let publicUrl = '';

  beforeAll(async () => {
    proxy = await startProxy(() => api.url, strips);
    publicUrl = `${proxy.url}${PREFIX}`;
    api = await startTestApi(namespace, { publicUrl });
  });
  afterAll(async () => {
    await api.close();
    proxy.server.close();
  });

  test('Location leads to the created resource', async () => {
    const { variantId } = await givenForSale(api.shopA);
    const headers = {
      'x-api-key': api.shopA.apiKey,
      'content-type': 'application/json',
      'idempotency-key': 'one',
    };
    const body = JSON.stringify({ buyerId: 'b', lines: [{ variantId, quantity: 1 }] });
    const created = await fetch(`${publicUrl}/v1/checkouts`, { method: 'POST', headers, body });
    const location = created.headers.get('location') ?? '';
    expect([created.status, location]).toEqual([202, expect.stringMatching(/^\/shop\/api\/v1\//)]);
    const read = await fetch(new URL(location, publicUrl), { headers });
    expect(read.status).toBe(200);
  });

  test('the OpenAPI document contains the public URL, and a 405 lists the allowed methods', async () => {
    const description = (await (await fetch(`${publicUrl}/openapi.json`)).json()) as {
      servers: unknown;
    };
    expect(description.servers).toEqual([{ url: publicUrl }]);
    const refused = await fetch(`${publicUrl}/healthz`, { method: 'DELETE' });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  test('a signature covers the URL that the caller uses, with the path', async () => {
    const { keyId, apiKey } = api.shopA;
    const secret = toSigningSecret(api.context.config.secrets.secretsKey, keyId, 0);
    const getStatus = async (signedUrl: string) => {
      const headers = signRequest({ method: 'GET', url: signedUrl, apiKey, keyId, secret });
      return (await fetch(`${publicUrl}/v1/products?limit=1`, { headers })).status;
    };
    // Signatures from before the start of the nonce register are refused, so wait for the next
    // second.
    const status = () => getStatus(`${publicUrl}/v1/products?limit=1`);
    await expect.poll(status, { timeout: 5_000 }).toBe(200);
    expect(await getStatus(`${proxy.url}/v1/products?limit=1`)).toBe(401);
  });

  test('operators’ routes below the path require a login', async () => {
    for (const path of ['/ops/verdict', '/metrics', '/ops/queues/', '/ops/queues/api/queues']) {
      expect([path, (await fetch(`${publicUrl}${path}`)).status]).toEqual([path, 401]);
    }
  });

  test('the docs and the queue board work, and load nothing outside the path', async () => {
    const page = await (await openBrowser(TEST_OPERATOR)).newPage();
    const outside: string[] = [];
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${publicUrl}/`) && !url.startsWith('data:')) outside.push(url);
    });
    await page.goto(`${publicUrl}/docs`);
    await page.getByText('Place a checkout').first().waitFor();
    await page.goto(`${publicUrl}/ops/queues/`);
    await page.getByText('checkouts').first().waitFor();
    // Our own script gives this button its accessible name.
    await page.getByRole('button', { name: 'Settings' }).waitFor();
    expect(outside).toEqual([]);
  }, 120_000);
});
