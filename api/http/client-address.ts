import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Context } from 'hono';
import { parseAddress } from '../../shared/runtime/ip-address.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import { nodeBindings } from './node-request.ts';

/** Returns the caller's address in canonical form, or `unknown` if the socket has none. */
export type AddressReader = (c: Context) => string;

/** The headers in which proxies forward the caller's address. */
const FORWARDING_HEADERS = [
  'x-forwarded-for',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
] as const;

/**
 * Returns a function that finds the caller's address. Behind trusted proxies it is the address that
 * the outermost of them saw: the entry of X-Forwarded-For at position `trustedProxies` from the
 * end. Callers can forge the entries before it. If the entry is missing or invalid, the request
 * counts under the address of its connection. All such callers behind a proxy share one limit.
 *
 * Logs once if `trustedProxies` does not fit the requests: behind an untrusted proxy all callers
 * have one address, so one of them can use up the limits of all.
 */
export function createAddressReader(
  trustedProxies: number,
  log: Pick<Logger, 'warn'>,
): AddressReader {
  const warnOnce = createWarning(log, trustedProxies);
  return (c) => {
    const { headers = {}, socket }: Partial<IncomingMessage> = nodeBindings(c).incoming ?? {};
    const peer = socket === undefined ? 'unknown' : peerAddress(socket);
    const findHeader = () => FORWARDING_HEADERS.find((name) => headers[name] !== undefined);
    if (trustedProxies === 0) {
      warnOnce(findHeader);
      return peer;
    }
    const forwardedFor = c.req.header('x-forwarded-for') ?? '';
    const hops = forwardedFor.split(',').filter((hop) => hop.trim() !== '');
    const address = parseAddress(hops.at(-trustedProxies) ?? '');
    if (address === undefined) warnOnce(findHeader);
    return address ?? peer;
  };
}

/** Each address is parsed once per connection, because most connections carry many requests. */
const peerAddresses = new WeakMap<Socket, string>();

function peerAddress(socket: Socket): string {
  const cached = peerAddresses.get(socket);
  if (cached !== undefined) return cached;
  const address = parseAddress(socket.remoteAddress ?? '');
  if (address !== undefined) peerAddresses.set(socket, address);
  return address ?? 'unknown';
}

/** Returns a function that logs a warning once, as soon as `findHeader` finds a header. */
function createWarning(log: Pick<Logger, 'warn'>, trustedProxies: number) {
  let isLogged = false;
  const text =
    trustedProxies === 0
      ? 'a proxy seems to forward requests, but TRUSTED_PROXIES is 0: all callers behind it count as one address'
      : 'TRUSTED_PROXIES does not fit: X-Forwarded-For has no address at this position, so the caller counts as the proxy';
  return (findHeader: () => string | undefined): void => {
    if (isLogged) return;
    const header = findHeader();
    if (header === undefined) return;
    isLogged = true;
    log.warn({ header, trustedProxies }, text);
  };
}
