import { expect, test } from 'vitest';
import { readResponse } from './read-response.ts';

const answer = (head: readonly string[], body: string) => `${head.join('\r\n')}\r\n\r\n${body}`;

test('a response is complete only with its last byte', () => {
  const whole = answer(
    ['HTTP/1.1 202 Accepted', 'content-type: application/json', 'Content-Length: 9'],
    '{"id":1}\n',
  );
  for (let cut = 0; cut < whole.length; cut += 1) {
    expect(readResponse(whole.slice(0, cut))).toBeUndefined();
  }
  expect(readResponse(whole)).toEqual({
    response: { status: 202, body: '{"id":1}\n' },
    keepsConnection: true,
  });
});

test('the content length counts bytes, and the body is read as UTF-8', () => {
  const text = '{"title":"Käse ☃"}';
  const bytes = Buffer.from(text);
  const received = answer(
    ['HTTP/1.1 200 OK', `content-length: ${bytes.length}`],
    bytes.toString('latin1'),
  );
  expect(readResponse(received)?.response.body).toBe(text);
  expect(readResponse(received.slice(0, -1))).toBeUndefined();
});

test('reads Retry-After', () => {
  const received = answer(
    ['HTTP/1.1 503 Service Unavailable', 'Retry-After: 2', 'Content-Length: 0'],
    '',
  );
  expect(readResponse(received)?.response).toEqual({ status: 503, body: '', retryAfterMs: 2_000 });
});

test('reads Connection: close', () => {
  const received = answer(['HTTP/1.1 200 OK', 'Connection: close', 'Content-Length: 0'], '');
  expect(readResponse(received)?.keepsConnection).toBe(false);
});

test('a response without a body needs no content length', () => {
  expect(readResponse(answer(['HTTP/1.1 204 No Content'], ''))?.response.status).toBe(204);
});

test('ignores header names in the body', () => {
  const body = '\r\ncontent-length: 99\r\nconnection: close';
  const received = answer(['HTTP/1.1 200 OK', `content-length: ${body.length}`], body);
  expect(readResponse(received)).toEqual({
    response: { status: 200, body },
    keepsConnection: true,
  });
});

test.each([
  ['chunks', answer(['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'], '0\r\n\r\n'), 'in chunks'],
  ['no length', answer(['HTTP/1.1 200 OK'], 'what?'), 'without a length'],
  ['two answers', answer(['HTTP/1.1 204 No'], '').repeat(2), 'more than one'],
  ['another protocol', '220 mail.example ESMTP\r\n\r\n', 'HTTP/1'],
  ['an endless head', `HTTP/1.1 200 OK\r\n${'x'.repeat(70_000)}`, 'never ends'],
])('rejects %s', (_, received, message) => {
  expect(() => readResponse(received)).toThrow(message);
});
