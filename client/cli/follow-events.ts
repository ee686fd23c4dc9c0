import { setTimeout as pause } from 'node:timers/promises';
import { isTransient } from '../errors.ts';
import type { Event, EventPattern } from '../generated/schema.ts';
import type { Lastunit } from '../lastunit.ts';

/** Which events to follow, and how. */
export interface FollowOptions {
  /** A type, or all types of one subject such as `order.*`; all events by default. */
  readonly type: EventPattern | undefined;
  /** Events before this time are left out; if undefined, events before now by the API’s clock. */
  readonly since: Date | undefined;
  readonly signal: AbortSignal;
  /** The pause between two requests in ms; 1,000 by default. */
  readonly everyMs?: number | undefined;
  /** Called when a request has failed and will be repeated. */
  readonly onFault?: (error: unknown) => void;
}

const EVERY_MS = 1_000;
/** A transaction commits later than the time of its events. No commit takes as long as this. */
const OVERLAP_MS = 15_000;
const PAGE_ITEMS = 100;

/**
 * Yields the events of a shop as they are written, until the signal aborts. Each request reads the
 * last seconds again, so that an event that was committed late is not missed. Each event is yielded
 * once.
 * @throws ApiError if a request is refused
 */
export async function* followEvents(
  lastunit: Lastunit,
  { type, since, signal, everyMs = EVERY_MS, onFault }: FollowOptions,
): AsyncGenerator<Event, void> {
  const startedAt = performance.now();
  const seen = new Map<string, number>();
  let begin = since?.getTime();
  let newest = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    try {
      begin ??= (await readTime(lastunit, signal)) - (performance.now() - startedAt);
      const query = {
        since: new Date(Math.max(begin, newest - OVERLAP_MS)).toISOString(),
        limit: PAGE_ITEMS,
        ...(type && { type }),
      };
      for await (const event of lastunit.events.list(query, { signal })) {
        if (seen.has(event.id)) continue;
        const at = Date.parse(event.timestamp);
        seen.set(event.id, at);
        newest = Math.max(newest, at);
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isTransient(error)) throw error;
      onFault?.(error);
    }
    for (const [id, at] of seen) if (at < newest - OVERLAP_MS) seen.delete(id);
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Reads the time of the API, in whole seconds, from the header of an answer. */
async function readTime(lastunit: Lastunit, signal: AbortSignal): Promise<number> {
  let time = Number.NaN;
  const onResponse = ({ headers }: Response) => {
    time = Date.parse(headers.get('date') ?? '');
  };
  await lastunit.events.list({ limit: 1 }, { signal, onResponse }).page();
  return Number.isNaN(time) ? Date.now() : time;
}
