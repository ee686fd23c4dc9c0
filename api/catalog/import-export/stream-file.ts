import { errorMessage } from '../../../shared/runtime/error-message.ts';
import type { Logger } from '../../../shared/runtime/logger.ts';
import { whileAuthorized } from '../../access/recheck.ts';
import type { FileSlots } from './file-slots.ts';
import { textStream } from './text-stream.ts';

/** An export that takes longer is broken off, so that slow clients do not hold slots forever. */
export const EXPORT_MS_MAX = 120_000;

/** A request for a file of a shop. */
export interface FileRequest {
  readonly shopId: string;
  /** @throws RefusedError if the caller's credentials are no longer valid */
  checkStillAuthorized(): Promise<void>;
  readonly context: { readonly fileSlots: FileSlots; readonly log: Logger };
}

/**
 * Streams pages as the text of a file, one page at a time. The stream breaks off when the caller's
 * credentials become invalid.
 * @param start returns the function that writes the pages as text; called once the shop has a slot
 * @throws RefusedError too_many_requests if the shop already has two exports in this process
 * @throws QueueFullError if all shops together have too many exports in this process
 */
export async function streamFile<Page>(
  { shopId, checkStillAuthorized, context }: FileRequest,
  pages: AsyncGenerator<Page>,
  start: () => Promise<(pages: AsyncGenerator<Page>) => AsyncGenerator<string>>,
): Promise<ReadableStream<Uint8Array>> {
  const release = context.fileSlots.exports.take(shopId);
  try {
    const write = await start();
    return textStream(write(whileAuthorized(checkStillAuthorized, pages)), {
      timeoutMs: EXPORT_MS_MAX,
      onEnd: (error) => {
        release();
        if (error === undefined) return;
        context.log.warn({ reason: errorMessage(error) }, 'an export was broken off');
      },
    });
  } catch (error) {
    release();
    throw error;
  }
}
