import { SSEStreamingApi } from 'hono/streaming';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createStorefront } from '../../examples/storefront/app.ts';

/** Creates a storefront of a fake API with one checkout, which waits, and its buyer. */
async function givenWaiting(more: object = {}) {
  const checkout = { id: 'chk_1', buyerId: '', status: 'waiting', orders: [], ...more };
  const streams: AbortSignal[] = [];
  const fetch = async (url: string, { signal }: RequestInit) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname === '/v1/carts') {
      checkout.buyerId = searchParams.get('buyerId') ?? '';
      return Response.json({ items: [], nextCursor: null });
    }
    if (!pathname.endsWith('/events') || !signal) return Response.json(checkout);
    streams.push(signal);
    return new Response(openStream(checkout, signal));
  };
  const connection = { baseUrl: 'http://api', apiKey: 'key', fetch };
  const app = createStorefront({ connection, secret: 'a secret' });
  const [cookie = ''] = (await app.request('/cart')).headers.get('set-cookie')?.split(';') ?? [];
  return { app, cookie, streams };
}

/** Returns an event stream that stays open until the signal aborts. */
function openStream(checkout: object, signal: AbortSignal): ReadableStream {
  const event = `event: checkout\ndata: ${JSON.stringify(checkout)}\n\n`;
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(event));
      signal.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
}

test('a buyer who leaves the page of a waiting checkout ends its stream without an error', async () => {
  const printed = vi.spyOn(console, 'error').mockReturnValue();
  const closed = vi.spyOn(SSEStreamingApi.prototype, 'close');
  onTestFinished(() => {
    printed.mockRestore();
    closed.mockRestore();
  });
  const { app, cookie, streams } = await givenWaiting();
  const { body } = await app.request('/checkouts/chk_1/events', { headers: { cookie } });
  const reader = body?.getReader();
  const first = await reader?.read();
  expect(new TextDecoder().decode(first?.value)).toBe('event: state\ndata: waiting\n\n');
  await reader?.cancel();
  await vi.waitFor(() => expect(streams.map(({ aborted }) => aborted)).toEqual([true]));
  // The handler closes its stream at its end, after it would have printed an error.
  await vi.waitFor(() => expect(closed).toHaveBeenCalled());
  expect(printed.mock.calls).toEqual([]);
});

test('the stream of a queued checkout sends its place in line', async () => {
  const read = async (queue: object) => {
    const { app, cookie } = await givenWaiting({ status: 'queued', queue });
    const { body } = await app.request('/checkouts/chk_1/events', { headers: { cookie } });
    const reader = body?.getReader();
    const chunks = [await reader?.read(), await reader?.read()];
    await reader?.cancel();
    return chunks.map((chunk) => new TextDecoder().decode(chunk?.value)).join('');
  };
  const state = 'event: state\ndata: queued\n\n';
  const place = (text: string) => `${state}event: place\ndata: ${text}\n\n`;
  const far = { ahead: 5_000, estimatedMs: 300_000 };
  expect(await read(far)).toBe(place('5000 orders come before yours. It takes about 5 min.'));
  const next = { ahead: 0, estimatedMs: 40 };
  expect(await read(next)).toBe(place('You are next in line. It takes about 1 s.'));
});

test('forms of other sites neither pay, cancel nor withdraw', async () => {
  const { app, cookie } = await givenWaiting();
  for (const path of ['/orders/ord_1/pay', '/orders/ord_1/cancel', '/checkouts/chk_1/withdraw']) {
    const headers = { cookie, origin: 'http://elsewhere' };
    const answer = await app.request(path, { method: 'POST', headers });
    expect([path, answer.status]).toEqual([path, 403]);
  }
});
