import type { IncomingMessage } from 'node:http';
import type { RefusedError } from '../../shared/domain/errors.ts';
import { withoutBasePath } from '../http/base-path.ts';
import type { Lane } from '../http/route.ts';

const PATH = '/v1/checkouts';

/** Decides whether there is room for a request. */
export interface Room {
  refusal(lane: Lane): RefusedError | undefined;
}

/**
 * Returns the refusal of a new checkout if the process has no room for it. The router would refuse
 * it in the same way, but under overload that would cost more than twice as much.
 * Requests from web pages always go to the router, because their responses need CORS headers.
 */
export function refuseCheckout(
  { method, url = '', rawHeaders }: IncomingMessage,
  basePath: string,
  room: Room,
): RefusedError | undefined {
  if (method !== 'POST' || !url.endsWith(PATH) || withoutBasePath(url, basePath) !== PATH) return;
  const refusal = room.refusal('checkout');
  return refusal === undefined || hasOrigin(rawHeaders) ? undefined : refusal;
}

function hasOrigin(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'origin') return true;
  }
  return false;
}
