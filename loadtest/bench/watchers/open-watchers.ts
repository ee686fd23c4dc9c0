import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { pause } from '../../../shared/runtime/deadline.ts';

const OPENED_MS_MAX = 10_000;
const POLL_MS = 20;
const FRAME = 'event: figures';

/** Watchers of the observatory, which read its feed and show nothing. */
export interface OpenWatchers {
  /** Returns the number of frames that each watcher has received. */
  frames(): readonly number[];
  close(): void;
}

/**
 * Opens this many streams of the feed, each on its own connection, and waits until figures have
 * arrived on all of them.
 * @param authorization the login of an operator
 * @throws Error if a stream is refused or stays silent
 */
export async function openWatchers(
  apiUrl: string,
  authorization: string,
  count: number,
): Promise<OpenWatchers> {
  const watchers = Array.from({ length: count }, () => openWatcher(apiUrl, authorization));
  const close = () => {
    for (const watcher of watchers) watcher.close();
  };
  const frames = () => watchers.map((watcher) => watcher.frames());
  const givesUpAt = performance.now() + OPENED_MS_MAX;
  try {
    while (frames().some((received) => received === 0)) {
      for (const watcher of watchers) watcher.check();
      if (performance.now() > givesUpAt) throw new Error('a watcher received no figures');
      await pause(POLL_MS);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { frames, close };
}

function openWatcher(apiUrl: string, authorization: string) {
  let received = 0;
  let failure: Error | undefined;
  let tail = '';
  const read = (response: IncomingMessage) => {
    if (response.statusCode !== 200)
      failure = new Error(`a watcher was answered ${response.statusCode}`);
    response.setEncoding('latin1');
    response.on('data', (chunk: string) => {
      // The text that marks a frame may be split over two chunks.
      const text = tail + chunk;
      received += text.split(FRAME).length - 1;
      tail = text.slice(1 - FRAME.length);
    });
  };
  const clientRequest: ClientRequest = request(`${apiUrl}/ops/feed`, {
    headers: { authorization, accept: 'text/event-stream' },
    agent: false,
  });
  clientRequest.on('response', read);
  clientRequest.on('error', (error) => {
    failure = error;
  });
  clientRequest.end();
  return {
    frames: () => received,
    /** @throws Error if the stream failed */
    check: () => {
      if (failure !== undefined) throw failure;
    },
    close: () => clientRequest.destroy(),
  };
}
