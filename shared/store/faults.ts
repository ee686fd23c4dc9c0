import mongoose from 'mongoose';

const { MongoBulkWriteError, MongoError, MongoNetworkError, MongoServerError } = mongoose.mongo;

const DUPLICATE_KEY = 11_000;
/** Server codes that pass by themselves though they may come without a label. */
const PASSING_CODES = new Set([
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
  251, // NoSuchTransaction: it was ended by the server, e.g. after its lifetime
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

/** Whether trying again can succeed: network, elections, conflicts with other writers. */
export function isPassingFault(given: unknown): boolean {
  const error = unwrapBulkWrite(given);
  if (!(error instanceof Error)) return false;
  if (error instanceof MongoNetworkError) return true;
  if (error instanceof mongoose.Error.MongooseServerSelectionError) return true;
  if (error instanceof MongoServerError && PASSING_CODES.has(Number(error.code))) return true;
  if (error instanceof MongoError) {
    return (
      error.hasErrorLabel('TransientTransactionError') ||
      error.hasErrorLabel('UnknownTransactionCommitResult') ||
      error.hasErrorLabel('RetryableWriteError') ||
      PASSING_NAMES.has(error.name)
    );
  }
  return PASSING_NAMES.has(error.name);
}

/** A bulk write hides under a name of its own what kind of fault broke it off. */
function unwrapBulkWrite(error: unknown): unknown {
  if (!(error instanceof MongoBulkWriteError)) return error;
  return error.errorResponse instanceof Error ? error.errorResponse : error;
}

const PASSING_NAMES = new Set([
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

/** Whether a unique index refused the write; `index` narrows it to one, by name. */
export function isDuplicateKey(error: unknown, index?: string): boolean {
  if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY) return false;
  return index === undefined || error.message.includes(index);
}

/** Whether a commit was sent whose answer never came. */
export function isCommitUnknown(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
}
