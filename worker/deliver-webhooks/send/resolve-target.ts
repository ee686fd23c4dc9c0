import { Resolver } from 'node:dns/promises';
import { LRUCache } from 'lru-cache';
import type { AttemptError } from '../../../shared/store/collections/webhook-deliveries.ts';
import { isAddressAllowed } from '../../../shared/webhooks/target-address.ts';
import { judgeTarget, type Target, type TargetRules } from '../../../shared/webhooks/target-url.ts';

/** Finds all addresses of a name; none when it has none. */
export type NameResolver = (host: string) => Promise<readonly string[]>;

/** A resolver whose answers are cached for a moment, and how to drop one that may be wrong. */
export interface NameCache {
  readonly resolve: NameResolver;
  forget(host: string): void;
}

const CACHED_MS = 3_000;
const CACHED_NAMES_MAX = 1_000;
const QUERY_TIMEOUT_MS = 2_000;
const QUERY_TRIES_MAX = 2;

/**
 * Asks the configured DNS servers, over sockets of its own: the system's resolver works in the few
 * threads that the whole process shares, where slow names would hold up the others. Names that are
 * only in the hosts file are not found.
 */
export const dnsResolver: NameResolver = async (host) => {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES_MAX });
  const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
};

/**
 * Resolves a name once for all attempts of a few seconds. Every attempt checks the addresses all the
 * same, and connects to one that it has checked. Failures and empty answers are not cached.
 */
export function cacheNames(resolver: NameResolver): NameCache {
  const cache = new LRUCache<string, readonly string[]>({
    max: CACHED_NAMES_MAX,
    ttl: CACHED_MS,
    fetchMethod: (host) => resolver(host),
  });
  return {
    resolve: async (host) => {
      const addresses = (await cache.fetch(host)) ?? [];
      if (addresses.length === 0) cache.delete(host);
      return addresses;
    },
    forget: (host) => cache.delete(host),
  };
}

/** Where to connect to, by address, or why not. */
export type ResolvedTarget =
  | { readonly target: Target; readonly address: string }
  | { readonly error: AttemptError };

/**
 * Finds the one address to connect to. It has been checked, like all others of the name, and the
 * connection is made to it and not to the name: nobody resolves a second time.
 */
export async function resolveTarget(
  url: string,
  rules: TargetRules,
  resolver: NameResolver,
): Promise<ResolvedTarget> {
  const judged = judgeTarget(url, rules);
  if ('refusal' in judged) return { error: 'forbidden_target' };
  const { target } = judged;
  if (target.address !== undefined) return { target, address: target.address };
  const addresses = await resolver(target.host).catch(() => []);
  const [address] = addresses;
  if (address === undefined) return { error: 'unknown_host' };
  const areAllowed = addresses.every((one) => isAddressAllowed(one, rules.allowedRanges));
  return areAllowed ? { target, address } : { error: 'forbidden_target' };
}
