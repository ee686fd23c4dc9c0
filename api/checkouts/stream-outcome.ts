import { isDeepStrictEqual } from 'node:util';
import { type CheckoutStatus, isOpenStatus } from '../../shared/domain/vocabulary.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { toProblem } from '../http/problem.ts';
import type { CheckoutsContext } from './context.ts';
import { findPlace, presentCheckout, presentOpen, type ShownPlace } from './present.ts';
import { createWaitCheck, type WaitingCaller } from './wait-for-outcome.ts';

const HEARTBEAT_MS = 10_000;
/** The place of an open checkout is sent again after this time, if it has changed. */
const PLACE_EVERY_MS = 5_000;
const STREAM_MS_MAX = 15 * 60 * 1_000;
/**
 * The ids of the `checkout` events. A client that reconnects sends the last id that it received. If
 * the checkout is still in that state, its event is repeated only if the checkout has a place.
 */
const OPEN_EVENTS: Partial<Record<CheckoutStatus, string>> = { queued: '1', waiting: 'waiting' };
export const FINAL_EVENT = '2';
/** A client that loses its connection reconnects after this time. */
const RETRY_MS = 1_000;

/** A stream of server-sent events to one client. */
export interface EventStream {
  /** Whether the client has disconnected. */
  readonly aborted: boolean;
  onAbort(listener: () => void): void;
  writeSSE(event: {
    readonly data: string;
    readonly event?: string;
    readonly id?: string;
    readonly retry?: number;
  }): Promise<void>;
}

interface StreamRequest extends WaitingCaller {
  readonly context: Pick<
    CheckoutsContext,
    | 'basePath'
    | 'outcomes'
    | 'waitSlots'
    | 'log'
    | 'queuePlaces'
    | 'waitingPlaces'
    | 'ownHolds'
    | 'clock'
  >;
  readonly requestId: string;
}

/** The checkout when the stream begins, and the last event that the client received. */
interface StreamStart {
  readonly record: CheckoutRecord;
  readonly lastSeen: string | undefined;
  /** The minimum time between two events with a changed place; only tests set it. */
  readonly placeEveryMs?: number;
}

/**
 * Writes a checkout's events until the checkout is settled, the client disconnects, the process
 * stops, or the maximum time is over. The events contain the checkout in its first state, when it
 * begins to wait, when its place has changed, and with its outcome. If the caller loses its access
 * or the checkout cannot be read, the last event is `error` with a problem document.
 */
export async function streamOutcome(
  stream: EventStream,
  request: StreamRequest,
  start: StreamStart,
): Promise<void> {
  try {
    await writeEvents(stream, request, start);
  } catch (error) {
    const { body, isFault } = toProblem(error, request.requestId, request.context.basePath);
    if (isFault) {
      const reason = errorMessage(error);
      request.context.log.warn({ requestId: request.requestId, reason }, 'unavailable');
    }
    await stream.writeSSE({ event: 'error', data: JSON.stringify(body) });
  }
}

async function writeEvents(
  stream: EventStream,
  request: StreamRequest,
  { record: first, lastSeen, placeEveryMs = PLACE_EVERY_MS }: StreamStart,
): Promise<void> {
  const { context, principal } = request;
  const { outcomes } = context;
  const check = createWaitCheck(request);
  const disconnected = new AbortController();
  stream.onAbort(() => disconnected.abort());
  const endAt = performance.now() + STREAM_MS_MAX;
  let record = first;
  let written = lastSeen;
  let place: ShownPlace | undefined;
  let placeAt = Number.NEGATIVE_INFINITY;
  const writeOpen = async () => {
    const id = OPEN_EVENTS[record.status];
    if (id === undefined) return;
    const isNew = id !== written;
    if (!isNew && performance.now() < placeAt + placeEveryMs) return;
    placeAt = performance.now();
    const current = await findPlace(context, record);
    if (!isNew && (current === undefined || isDeepStrictEqual(current, place))) return;
    written = id;
    place = current;
    await write(stream, id, presentOpen(record, principal, current));
  };
  await writeOpen();
  while (isOpenStatus(record.status)) {
    if (stream.aborted || outcomes.isStopping || performance.now() >= endAt) return;
    await outcomes.settled(record._id, {
      timeoutMs: HEARTBEAT_MS,
      signal: disconnected.signal,
      check: async (current) => {
        record = await check(current);
        await writeOpen();
      },
    });
    if (isOpenStatus(record.status)) await stream.writeSSE({ event: 'heartbeat', data: '' });
  }
  await write(stream, FINAL_EVENT, await presentCheckout(context, record, principal));
}

function write(stream: EventStream, id: string, shown: object): Promise<void> {
  const data = JSON.stringify(shown);
  return stream.writeSSE({ event: 'checkout', id, data, retry: RETRY_MS });
}
