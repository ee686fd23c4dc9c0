import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { ConnectionError } from '../errors.ts';

/**
 * Reads Server-Sent Events until the stream ends. `EventSource` cannot send an API key or a token.
 * @param idleMs the longest time without data, after which the connection counts as lost
 * @throws ConnectionError if the stream is cut or silent
 */
export async function* readEvents(
  response: Response,
  idleMs: number,
): AsyncGenerator<EventSourceMessage> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  try {
    for (;;) {
      const { done, value } = await within(idleMs, reader.read());
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* events.splice(0);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

async function within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConnectionError('The event stream is silent.')), ms);
  });
  try {
    return await Promise.race([work, silence]);
  } catch (cause) {
    if (cause instanceof ConnectionError) throw cause;
    throw new ConnectionError('The event stream was cut.', { cause });
  } finally {
    clearTimeout(timer);
  }
}
