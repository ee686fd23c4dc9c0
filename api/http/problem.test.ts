import mongoose from 'mongoose';
import { expect, test } from 'vitest';
import { type ErrorCode, RefusedError } from '../../shared/domain/errors.ts';
import { DeadlineError } from '../../shared/runtime/deadline.ts';
import { QueueFullError } from '../../shared/runtime/group-commit.ts';
import { StaleReadError } from '../../shared/store/transaction.ts';
import { toProblem } from './problem.ts';

const SECRET = 'mongodb://me:hunter22@inside';

test('a refusal becomes a problem document with its code, its fields and the id of the request', () => {
  const fields = [{ path: 'lines.0.quantity', message: 'Too small.' }];
  const extra = { from: 'shipped', move: 'confirm' };
  const error = new RefusedError('invalid_transition', 'Not possible.', fields, extra);
  expect(toProblem(error, 'req_1')).toEqual({
    status: 409,
    headers: { 'content-type': 'application/problem+json' },
    isFault: false,
    body: {
      type: '/docs/errors/invalid_transition',
      title: 'Conflict',
      status: 409,
      detail: 'Not possible.',
      code: 'invalid_transition',
      requestId: 'req_1',
      errors: fields,
      ...extra,
    },
  });
});

test('a problem without invalid fields has no member `errors`', () => {
  const { body } = toProblem(new RefusedError('not_found', 'Nothing.'), 'req_1');
  expect(body).not.toHaveProperty('errors');
});

test.each<[ErrorCode, number]>([
  ['invalid_request', 400],
  ['malformed_json', 400],
  ['unauthenticated', 401],
  ['missing_scope', 403],
  ['not_found', 404],
  ['invalid_transition', 409],
  ['body_too_large', 413],
  ['unsupported_media_type', 415],
  ['unknown_variant', 422],
  ['idempotency_key_reused', 422],
  ['too_many_requests', 429],
  ['overloaded', 503],
])('%s has the status %i and a title', (code, status) => {
  const problem = toProblem(new RefusedError(code, 'Words.'), 'req_1');
  expect(problem.status).toBe(status);
  expect(problem.body).toMatchObject({ status, code, title: expect.stringMatching(/^[A-Z]/) });
});

test.each([
  ['a deadline', new DeadlineError('storing', 5_000), 'service_unavailable'],
  ['a stale read', new StaleReadError('a stock level'), 'service_unavailable'],
  ['a cut connection', new mongoose.mongo.MongoNetworkError(SECRET), 'service_unavailable'],
])('%s is a 503 with Retry-After, counts as a fault, and reveals no details', (_, error, code) => {
  const { status, headers, body, isFault } = toProblem(error, 'req_1');
  expect([status, body['code'], isFault]).toEqual([503, code, true]);
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  expect(JSON.stringify(body)).not.toContain('hunter22');
});

test('a full queue is a 503 with a reason, and does not count as a fault', () => {
  const { status, headers, body, isFault } = toProblem(new QueueFullError('intents'), 'req_1');
  expect([status, isFault, headers['retry-after']]).toEqual([503, false, '1']);
  expect(body).toMatchObject({ code: 'overloaded', reason: 'queue_full' });
});

test.each([
  ['an unexpected error', new TypeError(`cannot read ${SECRET}`)],
  [
    'a permanent error of the database',
    new mongoose.mongo.MongoServerError({ message: SECRET, code: 11_000 }),
  ],
  ['a thrown text', SECRET],
  ['a thrown undefined', undefined],
])('the problem of %s contains no details of the error', (_, error) => {
  const { status, body, isFault } = toProblem(error, 'req_1');
  expect([status, isFault]).toEqual([500, true]);
  expect(body).toEqual({
    type: '/docs/errors/internal_error',
    title: 'Internal Server Error',
    status: 500,
    detail: 'An internal error occurred. If it happens again, report the requestId.',
    code: 'internal_error',
    requestId: 'req_1',
  });
});

test('retryAfterS of a refusal sets Retry-After, which is at least one second', () => {
  const after = (retryAfterS: number) =>
    toProblem(new RefusedError('too_many_requests', 'Words.', [], { retryAfterS }), 'req_1')
      .headers;
  expect(after(37)['retry-after']).toBe('37');
  expect(after(0)['retry-after']).toBe('1');
});
