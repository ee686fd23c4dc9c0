import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { runBuyers } from './buyers.ts';

type Reply = (response: ServerResponse, key: string) => void;

const accept: Reply = (response, key) => {
  response.writeHead(202).end(JSON.stringify({ id: `chk_${key}` }));
};
const refuse =
  (status: number): Reply =>
  (response) => {
    response.writeHead(status).end('{"code":"x"}');
  };
const refuseWithoutJson: Reply = (response) => {
  response.writeHead(502).end('Bad Gateway');
};
const cut: Reply = (response) => {
  response.destroy();
};

/** Runs a buyer against an API that sends these replies in turn. The last reply ends the load. */
async function buyWithReplies(replies: readonly Reply[]) {
  const ending = new AbortController();
  const keys: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const key = String(request.headers['idempotency-key']);
    keys.push(key);
    if (keys.length >= replies.length) ending.abort();
    request.resume();
    request.once('end', () => (replies[keys.length - 1] ?? accept)(response, key));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = await runBuyers({
    name: 'upgrade',
    apiUrls: () => [url],
    apiKey: 'key',
    variantIds: ['var_1', 'var_2'],
    buyers: 1,
    signal: ending.signal,
  });
  return { keys, log };
}

test('after a cut connection, a 429 or a 503 the request is repeated with the same key', async () => {
  const { keys, log } = await buyWithReplies([cut, refuse(429), refuse(503), accept, accept]);
  expect(keys).toEqual([...Array(4).fill('upgrade-0-0'), 'upgrade-0-1']);
  expect(log).toEqual({
    accepted: ['chk_upgrade-0-0', 'chk_upgrade-0-1'],
    unexpected: [],
    repeated: 3,
  });
});

test('a checkout without an answer is logged as unexpected, and the buyer goes on', async () => {
  let skippedMs = 0;
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + skippedMs);
  onTestFinished(() => clock.mockRestore());
  const cutTooLate: Reply = (response) => {
    skippedMs = 90_000;
    response.destroy();
  };
  const { keys, log } = await buyWithReplies([cut, cutTooLate, accept]);
  expect(keys).toEqual(['upgrade-0-0', 'upgrade-0-0', 'upgrade-0-1']);
  expect(log).toEqual({
    accepted: ['chk_upgrade-0-1'],
    unexpected: ['upgrade-0-0 got no answer within 90 s'],
    repeated: 2,
  });
});

test('any other answer is logged as unexpected, and its request is not repeated', async () => {
  const { keys, log } = await buyWithReplies([refuse(500), refuse(422), refuseWithoutJson, accept]);
  expect(new Set(keys).size).toBe(4);
  expect(log).toMatchObject({ accepted: ['chk_upgrade-0-3'], repeated: 0 });
  expect(log.unexpected).toEqual(['500 {"code":"x"}', '422 {"code":"x"}', '502 Bad Gateway']);
});
