import { DeadlineError } from '../../../shared/runtime/deadline.ts';

interface TextStreamOptions {
  /** The stream breaks off after this time. */
  readonly timeoutMs: number;
  /** Called once at the end; with an error, unless all pieces were sent or the client left. */
  readonly onEnd: (error?: unknown) => void;
}

/**
 * Creates a response body from pieces of text, which are generated only as fast as the client
 * reads. An error breaks the connection, so that the client does not mistake a part for the whole
 * file.
 */
export function textStream(
  pieces: AsyncGenerator<string>,
  { timeoutMs, onEnd }: TextStreamOptions,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const end = async (error?: unknown) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    await pieces.return(undefined).catch(() => undefined);
    onEnd(error);
  };
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    try {
      const { done, value } = await pieces.next();
      if (isOver) return;
      if (done !== true) return controller.enqueue(encoder.encode(value));
      controller.close();
      await end();
    } catch (error) {
      if (!isOver) controller.error(error);
      await end(error);
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        timer = setTimeout(() => {
          const error = new DeadlineError('sending', timeoutMs);
          controller.error(error);
          void end(error);
        }, timeoutMs);
      },
      pull,
      cancel: () => end(),
    },
    { highWaterMark: 1 },
  );
}
