import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { Event } from '../generated/schema.ts';
import { Lastunit } from '../lastunit.ts';
import { json, scriptedApi } from '../testing/scripted-api.ts';
import { verifyWebhook } from '../webhooks.ts';
import { parseCommand } from './arguments.ts';
import { followEvents } from './follow-events.ts';
import { forwardEvent } from './forward.ts';
import { run } from './run.ts';
import { readSettings } from './settings.ts';

const event = (id: string, timestamp: string): Event => ({
  id,
  type: 'order.confirmed',
  timestamp,
  version: 1,
  data: { subjectId: 'ord_1', seq: 1, shopId: 'shp_1' },
});

/** A client of an API whose answers to `GET /v1/events` are given. */
function givenEvents(answers: (() => Response)[]) {
  const requestedSince: string[] = [];
  const fetch = async (url: string) => {
    requestedSince.push(new URL(url).searchParams.get('since') ?? '');
    const answer = answers.shift() ?? (() => Response.json({ items: [], nextCursor: null }));
    return answer();
  };
  return {
    requestedSince,
    lastunit: new Lastunit({ baseUrl: 'http://api', apiKey: 'k', retries: 0, fetch }),
  };
}

const page =
  (...items: Event[]) =>
  () =>
    Response.json({ items, nextCursor: null });

/** Follows until this many events have arrived. */
async function collect(lastunit: Lastunit, count: number, onFault?: (error: unknown) => void) {
  const stop = new AbortController();
  const since = new Date('2026-01-01T10:00:00Z');
  const options = { type: undefined, since, signal: stop.signal, everyMs: 1 };
  const ids: string[] = [];
  for await (const { id } of followEvents(lastunit, { ...options, ...(onFault && { onFault }) })) {
    ids.push(id);
    if (ids.length === count) stop.abort();
  }
  return ids;
}

test('an event that is committed late is not missed, and no event is repeated', async () => {
  const first = event('e1', '2026-01-01T10:01:00.000Z');
  const late = event('e2', '2026-01-01T10:00:50.000Z');
  const { requestedSince, lastunit } = givenEvents([
    page(first),
    page(late, first),
    page(late, first, event('e3', '2026-01-01T10:01:01.000Z')),
  ]);
  expect(await collect(lastunit, 3)).toEqual(['e1', 'e2', 'e3']);
  expect(requestedSince.slice(0, 2)).toEqual([
    '2026-01-01T10:00:00.000Z',
    '2026-01-01T10:00:45.000Z',
  ]);
});

test('following continues after a temporary fault, and ends at a refusal', async () => {
  const faults: unknown[] = [];
  const unavailable = () => Response.json({ code: 'service_unavailable' }, { status: 503 });
  const { lastunit } = givenEvents([unavailable, page(event('e1', '2026-01-01T10:01:00.000Z'))]);
  expect(await collect(lastunit, 1, (error) => faults.push(error))).toEqual(['e1']);
  expect(faults).toMatchObject([{ code: 'service_unavailable' }]);
  const refused = () => Response.json({ code: 'missing_scope' }, { status: 403 });
  await expect(collect(givenEvents([refused]).lastunit, 1)).rejects.toMatchObject({
    code: 'missing_scope',
  });
});

test('tail begins at the time of the API, not of this machine', async () => {
  const date = 'Thu, 01 Jan 2026 10:00:00 GMT';
  const answer = (...items: Event[]) => json(200, { items, nextCursor: null }, { date });
  const api = await scriptedApi(answer(), answer(event('e1', '2026-01-01T10:00:00.500Z')));
  const stop = new AbortController();
  const printed: string[] = [];
  await run(['tail'], {
    env: { LASTUNIT_URL: api.url, LASTUNIT_API_KEY: 'lu_key' },
    input: Readable.from([]),
    signal: stop.signal,
    print: (line) => {
      printed.push(line);
      stop.abort();
    },
    note: () => undefined,
  });
  expect(printed).toEqual([expect.stringContaining('e1')]);
  const { searchParams } = new URL(api.seen.at(-1)?.url ?? '', api.url);
  const aheadMs = Date.parse(date) - Date.parse(searchParams.get('since') ?? '');
  expect(aheadMs).toBeGreaterThanOrEqual(0);
  expect(aheadMs).toBeLessThan(60_000);
});

test('following ends quietly when the reader of its output has ended', async () => {
  const answer = (id: string) =>
    json(200, { items: [event(id, new Date().toISOString())], nextCursor: null });
  // The first answer is read for its time only.
  const api = await scriptedApi(answer(''), answer('e1'), answer('e2'), answer('e3'));
  const program = fileURLToPath(new URL('main.ts', import.meta.url));
  const env = { LASTUNIT_URL: api.url, LASTUNIT_API_KEY: 'lu_key' };
  const tail = spawn(process.execPath, [program, 'tail'], { env });
  onTestFinished(() => void tail.kill('SIGKILL'));
  const faults = text(tail.stderr);
  await once(tail.stdout, 'data');
  tail.stdout.destroy();
  expect(await once(tail, 'exit')).toEqual([0, null]);
  expect(await faults).toBe('');
});

/** A receiver that answers with these statuses in turn. */
async function givenReceiver(statuses: number[]) {
  const bodies: { body: string; headers: Record<string, string | string[] | undefined> }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    bodies.push({ body, headers: request.headers });
    response.writeHead(statuses.shift() ?? 204).end();
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks` };
}

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const { signal } = new AbortController();

test('an event is forwarded again until it is accepted, with a valid signature each time', async () => {
  const { bodies, url } = await givenReceiver([500]);
  const sent = event('e1', new Date().toISOString());
  expect(await forwardEvent(sent, { url, secret, signal })).toBe(204);
  expect(bodies).toHaveLength(2);
  for (const { body, headers } of bodies)
    expect(verifyWebhook(body, headers, secret)).toEqual(sent);
});

test('forwarding gives up, and reports the status or the fault', async () => {
  const { bodies, url } = await givenReceiver([500, 500, 500, 301]);
  const sent = event('e1', new Date().toISOString());
  expect(await forwardEvent(sent, { url, secret, signal })).toBe(301);
  expect(bodies).toHaveLength(4);
  const closed = { url: 'http://127.0.0.1:1/', secret, signal };
  expect(await forwardEvent(sent, closed)).toEqual(expect.any(String));
});

test.each(['{"baseUrl": ', 'null', '"text"'])(
  'the error names a settings file that is not valid: %s',
  async (content) => {
    const folder = await mkdtemp(join(tmpdir(), 'lastunit-cli-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'lastunit'));
    const path = join(folder, 'lastunit', 'config.json');
    await writeFile(path, content);
    const reading = readSettings({ XDG_CONFIG_HOME: folder });
    await expect(reading).rejects.toThrow(`${path} is not valid`);
  },
);

test('reads command lines', () => {
  expect(parseCommand([])).toEqual({ name: 'help' });
  for (const line of ['--help', '-h', 'help', 'tail --help', 'listen -h']) {
    expect([line, parseCommand(line.split(' '))]).toEqual([line, { name: 'help' }]);
  }
  expect(parseCommand(['--version'])).toEqual({ name: 'version' });
  expect(
    parseCommand('listen --forward-to http://localhost:4000 --type order.*'.split(' ')),
  ).toEqual({
    name: 'listen',
    forwardTo: 'http://localhost:4000',
    type: 'order.*',
    since: undefined,
  });
  expect(parseCommand('tail --json --since 2026-01-01T00:00:00Z'.split(' '))).toMatchObject({
    name: 'tail',
    isJson: true,
    since: new Date('2026-01-01T00:00:00Z'),
  });
});

test.each([
  ['lisen', 'there is no command lisen'],
  ['listen', '--forward-to is missing: a URL like http://127.0.0.1:3000'],
  ['listen --forward-to localhost:4000', 'not localhost:4000'],
  ['login --url ftp://x', '--url must be a URL'],
  ['trigger order.sold', 'trigger takes one of checkout.placed, '],
  ['tail --since yesterday', '--since must be a time'],
  ['tail order', 'tail takes no order'],
  ['trigger order.confirmed --json', 'trigger takes no --json'],
  ['login --url http://x --type order.*', 'login takes no --type'],
])('rejects %s', (line, why) => {
  expect(() => parseCommand(line.split(' '))).toThrow(why);
});
