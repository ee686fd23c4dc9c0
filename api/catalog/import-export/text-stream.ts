import { DeadlineError } from '../../../shared/runtime/deadline.ts';

interface TextStreamOptions {
  /** After this long it is broken off, read or not. */
  readonly timeoutMs: number;
  /** Called once, when it is over; `error` is why it broke off, if it did. */
  readonly onEnd: (error?: unknown) => void;
}

/**
 * Text as the body of an answer, made no faster than the client takes it. What fails half way
 * breaks the connection, so that nobody takes a part for the whole.
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
