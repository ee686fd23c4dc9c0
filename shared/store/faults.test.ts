import mongoose from 'mongoose';
import { expect, test } from 'vitest';
import { isCommitUnknown, isDuplicateKey, isTransientError } from './faults.ts';

const { MongoBulkWriteError, MongoError, MongoNetworkError, MongoServerError } = mongoose.mongo;

function serverError(code: number, ...labels: string[]) {
  return new MongoServerError({ message: 'from the server', code, errorLabels: labels });
}

/** An error as the driver throws it when a bulk write is interrupted. */
function bulkInterruptedBy(cause: Error) {
  const result = Object.create(null, { getWriteErrors: { value: () => [] } });
  return new MongoBulkWriteError(cause, result);
}

/** An error with the name that the driver gives it. */
function errorNamed(name: string): Error {
  return Object.defineProperty(new MongoError(name), 'name', { value: name });
}

/** An error of a socket, as Node throws it. */
function socketError(code: string): Error {
  return Object.assign(new Error('This socket has been ended by the other party'), { code });
}

const TRANSIENT: readonly (readonly [string, Error])[] = [
  ['a cut connection', new MongoNetworkError('cut')],
  ['a socket that ends while it is written to', socketError('EPIPE')],
  ['a socket that is reset', socketError('ECONNRESET')],
  ['a socket that is closed', socketError('ERR_STREAM_DESTROYED')],
  ['no server in time', errorNamed('MongoServerSelectionError')],
  ['no server in time at start', new mongoose.Error.MongooseServerSelectionError('none')],
  ['no free connection in time', errorNamed('MongoWaitQueueTimeoutError')],
  ['a client that is closing', errorNamed('MongoClientClosedError')],
  ['a write conflict', serverError(112)],
  ['a lock that was not free in time', serverError(24)],
  ['a transaction that the server has ended', serverError(251)],
  ['an election', serverError(10_107)],
  ['a primary that steps down', serverError(189)],
  ['a server that shuts down', serverError(91)],
  ['a server without a primary', serverError(13_436)],
  ['an operation that was killed', serverError(11_601)],
  ['a cursor that died with its server', serverError(43)],
  ['a transient error of any code', serverError(1, 'TransientTransactionError')],
  ['a retryable error of any code', serverError(1, 'RetryableWriteError')],
  ['a commit without an answer', serverError(1, 'UnknownTransactionCommitResult')],
];

const PERMANENT: readonly (readonly [string, unknown])[] = [
  ['a duplicate key', serverError(11_000)],
  ['a document that the validator refuses', serverError(121)],
  ['an unknown command', serverError(59)],
  ['a programming error', new RangeError('a claim of 0 units')],
  ['a file that is missing', socketError('ENOENT')],
  ['a string', 'MongoNetworkError'],
  ['undefined', undefined],
];

test.each(TRANSIENT)('%s is transient, also when it interrupts a bulk write', (_, error) => {
  expect(isTransientError(error)).toBe(true);
  expect(isTransientError(bulkInterruptedBy(error))).toBe(true);
});

test.each(PERMANENT)('%s is not transient', (_, error) => {
  expect(isTransientError(error)).toBe(false);
  if (error instanceof Error) expect(isTransientError(bulkInterruptedBy(error))).toBe(false);
});

test('a duplicate key is recognized by its code, and by the name of its index if one is given', () => {
  const message =
    'E11000 duplicate key error collection: db.shops index: one_shop_per_email dup key';
  const error = new MongoServerError({ message, code: 11_000 });
  expect(isDuplicateKey(error)).toBe(true);
  expect(isDuplicateKey(error, 'one_shop_per_email')).toBe(true);
  expect(isDuplicateKey(error, 'one_sku_per_shop')).toBe(false);
  expect(isDuplicateKey(serverError(121))).toBe(false);
  expect(isDuplicateKey(new Error('E11000'))).toBe(false);
});

test('the outcome of a commit is unknown only if the error has the driver’s label', () => {
  expect(isCommitUnknown(serverError(50, 'UnknownTransactionCommitResult'))).toBe(true);
  expect(isCommitUnknown(serverError(50))).toBe(false);
  expect(isCommitUnknown(new Error('UnknownTransactionCommitResult'))).toBe(false);
});
