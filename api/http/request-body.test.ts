import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { BODY_BYTES_MAX, JSON_DEPTH_MAX } from '../../shared/contract/limits.ts';
import { toProblem } from './problem.ts';
import { RequestBody } from './request-body.ts';

const ANSWER_TIMEOUT_MS = 10_000;
const UPLOAD_BYTES = 2 * BODY_BYTES_MAX;
const JSON_TYPE = 'content-type: application/json';

/** An app that returns the length of the parsed body as JSON, or the code of the refusal. */
const app = new Hono().post('/', async (c) => {
  try {
    return c.text(`read ${JSON.stringify(await new RequestBody(c).json()).length}`);
  } catch (error) {
    const { status, headers, body } = toProblem(error, 'req_1');
    return new Response(String(body['code']), { status, headers });
  }
});
/**
 * Reads an upload as it arrives, and returns its media type and length, or the code of the refusal.
 * For signed uploads, first reads the whole body, as a check of a signature does.
 */
app.post('/upload/:kind', async (c) => {
  try {
    const body = new RequestBody(c);
    if (c.req.param('kind') === 'signed') await body.bytes();
    let bytes = 0;
    const { mediaType, chunks } = body.upload({
      mediaTypes: ['text/csv'],
      examples: {},
      bytesMax: UPLOAD_BYTES,
    });
    for await (const chunk of chunks) bytes += chunk.length;
    return c.text(`read ${mediaType} ${bytes}`);
  } catch (error) {
    const { status, headers, body } = toProblem(error, 'req_1');
    return new Response(String(body['code']), { status, headers });
  }
});
const server = createAdaptorServer({ fetch: app.fetch });
let port = 0;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

/** Sends these bytes unchanged and returns the answer once the connection is closed. */
function send(parts: readonly (string | Buffer)[], endsEarly = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    for (const part of parts) socket.write(part);
    if (endsEarly) socket.end();
  });
}

function head(...headers: string[]): string {
  return ['POST / HTTP/1.1', 'host: here', 'connection: close', ...headers, '', ''].join('\r\n');
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function toStatus(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
}

/** Returns the first line with a letter after the last head of an answer: the text of the app. */
function readAppText(answer: string): string {
  return (
    answer
      .split('\r\n\r\n')
      .at(-1)
      ?.split('\r\n')
      .find((line) => /[a-z]/.test(line)) ?? ''
  );
}

/** Returns a JSON text with this number of bytes. */
function jsonWithBytes(bytes: number): string {
  return `"${'x'.repeat(bytes - 2)}"`;
}

function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

test('a body with Content-Length and a chunked body are read', async () => {
  const text = '{"name":"é","n":[1,2]}';
  const length = `content-length: ${Buffer.byteLength(text)}`;
  expect(await send([head(JSON_TYPE, length), text])).toContain(`read ${text.length}`);
  const chunked = [head(JSON_TYPE, 'transfer-encoding: chunked'), chunk(text.slice(0, 9))];
  expect(await send([...chunked, chunk(text.slice(9)), chunk('')])).toContain(
    `read ${text.length}`,
  );
});

test('text that is not Unicode in UTF-8 is refused, with Content-Length and in chunks; an escaped surrogate pair is accepted', async () => {
  for (const bytes of [
    Buffer.from([0x22, 0xff, 0x22]),
    Buffer.from('"\\ud800x"'),
    Buffer.from('{"a":[{"\\uDC00":1}]}'),
  ]) {
    const whole = await send([head(JSON_TYPE, `content-length: ${bytes.length}`), bytes]);
    expect([toStatus(whole), readAppText(whole)]).toEqual([400, 'malformed_json']);
    const pieces = [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, '\r\n', chunk('')];
    const chunked = await send([head(JSON_TYPE, 'transfer-encoding: chunked'), ...pieces]);
    expect([toStatus(chunked), readAppText(chunked)]).toEqual([400, 'malformed_json']);
  }
  const pair = '"\\ud83d\\ude00 \\\\ud800"';
  expect(await send([head(JSON_TYPE, `content-length: ${pair.length}`), pair])).toContain(
    'read 12',
  );
});

test('a missing body counts as an empty object; an empty body with a content type and a body without one are refused', async () => {
  expect(await send([head('content-length: 0')])).toContain('read 2');
  expect(await send([head()])).toContain('read 2');
  const typed = await send([head(JSON_TYPE, 'content-length: 0')]);
  expect([toStatus(typed), readAppText(typed)]).toEqual([400, 'malformed_json']);
  const untyped = await send([head('content-length: 2'), '{}']);
  expect([toStatus(untyped), readAppText(untyped)]).toEqual([415, 'unsupported_media_type']);
});

test('a body may have exactly the maximum size, with Content-Length and in chunks', async () => {
  const text = jsonWithBytes(BODY_BYTES_MAX);
  const whole = await send([head(JSON_TYPE, `content-length: ${BODY_BYTES_MAX}`), text]);
  expect(whole).toContain(`read ${BODY_BYTES_MAX}`);
  const pieces = [0, 1, 2, 3].map((n) =>
    chunk(text.slice((n * text.length) / 4, ((n + 1) * text.length) / 4)),
  );
  const chunked = await send([head(JSON_TYPE, 'transfer-encoding: chunked'), ...pieces, chunk('')]);
  expect(chunked).toContain(`read ${BODY_BYTES_MAX}`);
});

test('a body of one byte more than the maximum is refused, and so is a Content-Length above it', async () => {
  const text = jsonWithBytes(BODY_BYTES_MAX + 1);
  const whole = await send([head(JSON_TYPE, `content-length: ${text.length}`), text]);
  expect([toStatus(whole), readAppText(whole)]).toEqual([413, 'body_too_large']);
  const chunked = await send([
    head(JSON_TYPE, 'transfer-encoding: chunked'),
    chunk(text),
    chunk(''),
  ]);
  expect([toStatus(chunked), readAppText(chunked)]).toEqual([413, 'body_too_large']);
  const declared = await send([head(JSON_TYPE, 'content-length: 999999999999'), '{}'], true);
  expect([toStatus(declared), readAppText(declared)]).toEqual([413, 'body_too_large']);
});

test('a body that ends before its Content-Length is not accepted', async () => {
  const answer = await send([head(JSON_TYPE, 'content-length: 20'), '{}'], true);
  expect(answer).not.toContain('read');
});

test('the server refuses bytes beyond the Content-Length as a malformed request', async () => {
  const open = head(JSON_TYPE, 'content-length: 2').replace('close', 'keep-alive');
  const answer = await send([open, '{}{"more":true}']);
  expect(answer).toContain('HTTP/1.1 400');
  expect(answer).not.toMatch(/read (?!2\b)/);
});

test('the server refuses an invalid Content-Length, and a Content-Length together with chunks', async () => {
  expect(toStatus(await send([head(JSON_TYPE, 'content-length: x'), '{}']))).toBe(400);
  const both = head(JSON_TYPE, 'content-length: 2', 'transfer-encoding: chunked');
  expect(toStatus(await send([both, chunk(jsonWithBytes(100)), chunk('')]))).toBe(400);
});

test.each([
  ['an empty body', [JSON_TYPE], '', 'malformed_json'],
  ['half a document', [JSON_TYPE], '{"a":', 'malformed_json'],
  ['deep nesting', [JSON_TYPE], nested(JSON_DEPTH_MAX + 1), 'malformed_json'],
  ['very deep nesting', [JSON_TYPE], nested(100_000), 'malformed_json'],
  ['a member twice', [JSON_TYPE], '{"a":1,"a":2}', 'malformed_json'],
  ['gzip', [JSON_TYPE, 'content-encoding: gzip'], '{}', 'unsupported_media_type'],
  ['two codings', [JSON_TYPE, 'content-encoding: identity, br'], '{}', 'unsupported_media_type'],
  ['another charset', [`${JSON_TYPE}; charset=utf-16`], '{}', 'unsupported_media_type'],
  [
    'a second charset',
    [`${JSON_TYPE}; charset=utf-8; charset=latin1`],
    '{}',
    'unsupported_media_type',
  ],
  ['another content type', ['content-type: text/plain'], '{}', 'unsupported_media_type'],
  ['a form', ['content-type: application/x-www-form-urlencoded'], 'a=1', 'unsupported_media_type'],
  [
    'a content type that only begins with application/json',
    ['content-type: application/jsonp'],
    '{}',
    'unsupported_media_type',
  ],
  ['no content type', [], '{}', 'unsupported_media_type'],
])('%s is refused with the expected code', async (_, headers, text, code) => {
  const length = `content-length: ${Buffer.byteLength(text)}`;
  expect(readAppText(await send([head(...headers, length), text]))).toBe(code);
});

test.each([
  'application/json',
  'Application/JSON; charset=utf-8',
  'application/json; charset="UTF8"; profile=x',
  'application/json\r\ncontent-encoding: identity',
  'application/merge-patch+json',
])('%s is JSON', async (type) => {
  const answer = await send([head(`content-type: ${type}`, 'content-length: 2'), '{}']);
  expect(readAppText(answer)).toBe('read 2');
});

test('a list of many values may be nested as deep as the limit', async () => {
  const text = `[${Array(50).fill(nested(JSON_DEPTH_MAX - 1))}]`;
  const length = `content-length: ${text.length}`;
  expect(readAppText(await send([head(JSON_TYPE, length), text]))).toBe(`read ${text.length}`);
});

test('brackets inside strings do not count as nesting', async () => {
  const text = JSON.stringify({ note: '[{'.repeat(100), quote: `"${'[{'.repeat(100)}` });
  const length = `content-length: ${Buffer.byteLength(text)}`;
  expect(readAppText(await send([head(JSON_TYPE, length), text]))).toBe(`read ${text.length}`);
});

function upload(kind: string, bytes: number, chunked: boolean): Promise<string> {
  const text = 'x'.repeat(bytes);
  const length = chunked ? 'transfer-encoding: chunked' : `content-length: ${bytes}`;
  const start = head('content-type: text/csv', length).replace('/ ', `/upload/${kind} `);
  return send(chunked ? [start, chunk(text), chunk('')] : [start, text]);
}

test.each([
  ['unsigned', UPLOAD_BYTES, `read text/csv ${UPLOAD_BYTES}`],
  ['unsigned', UPLOAD_BYTES + 1, 'body_too_large'],
  ['signed', BODY_BYTES_MAX, `read text/csv ${BODY_BYTES_MAX}`],
  ['signed', BODY_BYTES_MAX + 1, 'body_too_large'],
])('an upload that is %s and has %i bytes gets the answer: %s', async (kind, bytes, expected) => {
  for (const chunked of [false, true]) {
    expect(await upload(kind, bytes, chunked)).toContain(expected);
  }
});

test.each(['content-length: 100', 'transfer-encoding: chunked'])(
  'a body with %s that the client breaks off is refused like a late one',
  async (framing) => {
    const arriving = Promise.withResolvers<void>();
    const failure = Promise.withResolvers<unknown>();
    const reader = new Hono().post('/', async (c) => {
      const reading = new RequestBody(c).json();
      arriving.resolve();
      failure.resolve(await reading.catch((error: unknown) => error));
      return c.text('done');
    });
    const breaking = createAdaptorServer({ fetch: reader.fetch }).listen(0, '127.0.0.1');
    onTestFinished(() => void breaking.close());
    await once(breaking, 'listening');
    const socket = connect((breaking.address() as AddressInfo).port, '127.0.0.1');
    socket.write(head(JSON_TYPE, framing) + chunk('{"title":'));
    await arriving.promise;
    socket.destroy();
    expect(await failure.promise).toMatchObject({ code: 'request_timeout' });
  },
);

test('a body that arrives after it was given up is not returned', async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const late = new Hono().post('/', async (c) => {
    const body = new RequestBody(c);
    expect(body.giveUp()).toBe(false); // It is not being read.
    const reading = body.json();
    expect(body.giveUp()).toBe(true);
    const writer = writable.getWriter();
    await Promise.all([writer.write(Buffer.from('{}')), writer.close()]);
    await expect(reading).rejects.toMatchObject({ code: 'request_timeout' });
    return c.text('done');
  });
  const headers = { 'content-type': 'application/json' };
  const answer = await late.request('/', {
    method: 'POST',
    headers,
    body: readable,
    duplex: 'half',
  } as RequestInit);
  expect(await answer.text()).toBe('done');
});
