import { RefusedError } from '../../../../shared/domain/errors.ts';
import { DeadlineError, withDeadline } from '../../../../shared/runtime/deadline.ts';

/** Nothing has to come faster than this: a sender that stands still is not waited for. */
const CHUNK_TIMEOUT_MS = 10_000;

/**
 * Passes on what arrives, for as long as it arrives in time.
 * @param endAt by `performance.now()`, when all of it must have arrived
 * @throws RefusedError upload_incomplete, also when the sender is gone
 */
export async function* inTime<T>(chunks: AsyncIterable<T>, endAt: number): AsyncGenerator<T> {
  const iterator = chunks[Symbol.asyncIterator]();
  let isOpen = true;
  try {
    for (;;) {
      const timeoutMs = Math.min(CHUNK_TIMEOUT_MS, endAt - performance.now());
      const next = await nextOf(iterator, timeoutMs);
      isOpen = next.done !== true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: it would wait for what does not come.
    if (isOpen) iterator.return?.().catch(() => undefined);
  }
}

async function nextOf<T>(
  iterator: AsyncIterator<T>,
  timeoutMs: number,
): Promise<IteratorResult<T>> {
  try {
    if (timeoutMs <= 0) throw new DeadlineError('the upload', 0);
    return await withDeadline('the upload', timeoutMs, iterator.next());
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    throw new RefusedError('upload_incomplete', 'The body did not arrive, or not in time.');
  }
}
