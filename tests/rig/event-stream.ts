/** One Server-Sent Event. */
export interface StreamedEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

const STREAM_TIMEOUT_MS = 30_000;

/** Reads a stream to its end, or until `signal`, and calls `onEvent` for each event as it arrives. */
export async function readEvents(
  url: string,
  headers: Readonly<Record<string, string>>,
  onEvent: (event: StreamedEvent) => void = () => undefined,
  signal: AbortSignal = AbortSignal.timeout(STREAM_TIMEOUT_MS),
): Promise<StreamedEvent[]> {
  const response = await fetch(url, { headers, signal });
  if (response.body === null || !response.headers.get('content-type')?.includes('event-stream')) {
    throw new Error(`expected an event stream, but the status is ${response.status}`);
  }
  const events: StreamedEvent[] = [];
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = `${text}${chunk}`.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const event = parseEvent(part);
      events.push(event);
      onEvent(event);
    }
  }
  return events;
}

function parseEvent(part: string): StreamedEvent {
  const readField = (field: string) =>
    part
      .split('\n')
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).trimStart())
      .join('\n');
  return { event: readField('event'), id: readField('id'), data: readField('data') };
}
