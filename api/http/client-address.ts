import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'hono';
import { parseAddress } from '../../shared/runtime/ip-address.ts';
import type { Logger } from '../../shared/runtime/logger.ts';

interface Peer {
  readonly remoteAddress?: string | undefined;
}

interface NodeBindings {
  readonly incoming?: { readonly headers?: IncomingHttpHeaders; readonly socket?: Peer };
}

/** Finds the address of the caller in canonical form, or `unknown` if its socket has none. */
export type AddressReader = (c: Context) => string;

/** What proxies write the caller's address into, next to X-Forwarded-For. */
const FORWARDING_HEADERS = [
  'x-forwarded-for',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
] as const;

/**
 * Returns a function that finds the caller's address. Behind proxies of our own it is what the
 * outermost of them saw: the entry of X-Forwarded-For that `trustedProxies` hops wrote; what stands
 * before it anybody can write. Where that entry is missing or no address, the caller counts as the
 * proxy itself, so that all such callers share one limit.
 *
 * A setting that does not fit the requests is logged once: behind a proxy that is not trusted, all
 * callers have one address, and one of them can use up the limits of all.
 */
export function createAddressReader(
  trustedProxies: number,
  log: Pick<Logger, 'warn'>,
): AddressReader {
  const warnOnce = createWarning(log, trustedProxies);
  return (c) => {
    const { headers = {}, socket } = (c.env as NodeBindings | undefined)?.incoming ?? {};
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

/** Parsed once for each connection, since most connections carry many requests. */
const peerAddresses = new WeakMap<Peer, string>();

function peerAddress(socket: Peer): string {
  const known = peerAddresses.get(socket);
  if (known !== undefined) return known;
  const address = parseAddress(socket.remoteAddress ?? '');
  if (address !== undefined) peerAddresses.set(socket, address);
  return address ?? 'unknown';
}

/** Logs the first header that `findHeader` returns, and nothing after that. */
function createWarning(log: Pick<Logger, 'warn'>, trustedProxies: number) {
  let isLogged = false;
  const text =
    trustedProxies === 0
      ? 'a proxy seems to forward requests, but TRUSTED_PROXIES is 0: all its callers count as one address'
      : 'TRUSTED_PROXIES does not fit: a request has no address at that place of X-Forwarded-For and counts as the proxy';
  return (findHeader: () => string | undefined): void => {
    if (isLogged) return;
    const header = findHeader();
    if (header === undefined) return;
    isLogged = true;
    log.warn({ header, trustedProxies }, text);
  };
}
