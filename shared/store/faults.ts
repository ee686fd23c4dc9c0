import mongoose from 'mongoose';

const { MongoBulkWriteError, MongoError, MongoNetworkError, MongoServerError } = mongoose.mongo;

/** The code of a write that a unique index refused. */
export const DUPLICATE_KEY = 11_000;
/** Codes of transient server errors, which may come without an error label. */
const TRANSIENT_CODES = new Set([
  6, // HostUnreachable
  24, // LockTimeout
  43, // CursorNotFound
  50, // MaxTimeMSExpired
  64, // WriteConcernFailed
  89, // NetworkTimeout
  91, // ShutdownInProgress
  112, // WriteConflict
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  251, // NoSuchTransaction: the server ended it, e.g. after its lifetime
  262, // ExceededTimeLimit
  290, // TransactionExceededLifetimeLimitSeconds
  9_001, // SocketException
  10_107, // NotWritablePrimary
  11_600, // InterruptedAtShutdown
  11_601, // Interrupted
  11_602, // InterruptedDueToReplStateChange
  13_435, // NotPrimaryNoSecondaryOk
  13_436, // NotPrimaryOrSecondary
]);

/**
 * Codes of sockets that break. The driver does not wrap such an error if it occurs while a part of
 * a command still has to be written.
 */
const SOCKET_CODES = new Set([
  ...['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'ETIMEDOUT', 'EHOSTUNREACH'],
  ...['ENETUNREACH', 'ERR_SOCKET_CLOSED', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'],
]);

/** Returns whether a retry can succeed: after network errors, elections and write conflicts. */
export function isTransientError(thrown: unknown): boolean {
  const error = unwrapBulkWrite(thrown);
  if (!(error instanceof Error)) return false;
  if (error instanceof MongoNetworkError) return true;
  if (error instanceof mongoose.Error.MongooseServerSelectionError) return true;
  if ('code' in error && SOCKET_CODES.has(String(error.code))) return true;
  if (error instanceof MongoServerError && TRANSIENT_CODES.has(Number(error.code))) return true;
  if (error instanceof MongoError) {
    return (
      error.hasErrorLabel('TransientTransactionError') ||
      error.hasErrorLabel('UnknownTransactionCommitResult') ||
      error.hasErrorLabel('RetryableWriteError') ||
      TRANSIENT_NAMES.has(error.name)
    );
  }
  return TRANSIENT_NAMES.has(error.name);
}

/** Returns the error that interrupted a bulk write, which wraps it; any other error as it is. */
function unwrapBulkWrite(error: unknown): unknown {
  if (!(error instanceof MongoBulkWriteError)) return error;
  return error.errorResponse instanceof Error ? error.errorResponse : error;
}

const TRANSIENT_NAMES = new Set([
  'MongoServerSelectionError',
  'MongoNetworkTimeoutError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoWaitQueueTimeoutError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoPoolClosedError',
  'MongoServerClosedError',
  'MongoOperationTimeoutError',
]);

/** Returns whether a unique index refused the write. With `index`, only that index counts. */
export function isDuplicateKey(error: unknown, index?: string): boolean {
  if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY) return false;
  return index === undefined || error.message.includes(index);
}

/** Returns whether a commit was sent but its answer was lost, so that its outcome is unknown. */
export function isCommitUnknown(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
}
