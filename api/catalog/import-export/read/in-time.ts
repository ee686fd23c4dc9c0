import { RefusedError } from '../../../../shared/domain/errors.ts';
import { DeadlineError, withDeadline } from '../../../../shared/runtime/deadline.ts';

/** If nothing arrives for this long, the upload is refused. */
const CHUNK_TIMEOUT_MS = 10_000;

/**
 * Yields the chunks of an upload while they arrive in time.
 * @param endAt the time by `performance.now()` at which all chunks must have arrived
 * @throws RefusedError upload_incomplete if a chunk is late or the sender disconnects, or the
 * RefusedError that `chunks` throws
 */
export async function* inTime<T>(chunks: AsyncIterable<T>, endAt: number): AsyncGenerator<T> {
  const iterator = chunks[Symbol.asyncIterator]();
  let isOpen = true;
  try {
    for (;;) {
      const timeoutMs = Math.min(CHUNK_TIMEOUT_MS, endAt - performance.now());
      const next = await nextInTime(iterator, timeoutMs);
      isOpen = next.done !== true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited, because `return` waits for the chunk that does not arrive.
    if (isOpen) iterator.return?.().catch(() => undefined);
  }
}

async function nextInTime<T>(
  iterator: AsyncIterator<T>,
  timeoutMs: number,
): Promise<IteratorResult<T>> {
  try {
    if (timeoutMs <= 0) throw new DeadlineError('the upload', 0);
    return await withDeadline('the upload', timeoutMs, iterator.next());
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    throw new RefusedError(
      'upload_incomplete',
      'The body did not arrive completely, or not in time.',
    );
  }
}
