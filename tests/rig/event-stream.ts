import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';

const STREAM_TIMEOUT_MS = 30_000;

/** Reads a stream to its end, or until `signal`, and calls `onEvent` for each event as it arrives. */
export async function readEvents(
  url: string,
  headers: Readonly<Record<string, string>>,
  onEvent: (event: EventSourceMessage) => void = () => undefined,
  signal: AbortSignal = AbortSignal.timeout(STREAM_TIMEOUT_MS),
): Promise<EventSourceMessage[]> {
  const response = await fetch(url, { headers, signal });
  if (response.body === null || !response.headers.get('content-type')?.includes('event-stream')) {
    throw new Error(`expected an event stream, but the status is ${response.status}`);
  }
  const events: EventSourceMessage[] = [];
  const decoded = response.body.pipeThrough(new TextDecoderStream());
  for await (const event of decoded.pipeThrough(new EventSourceParserStream())) {
    events.push(event);
    onEvent(event);
  }
  return events;
}
