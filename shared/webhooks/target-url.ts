import { isIP } from 'node:net';
import type { AddressRange } from '../runtime/ip-address.ts';
import { isAddressAllowed } from './target-address.ts';

/** What operators let webhooks be sent to. */
export interface TargetRules {
  /** Ranges that may be reached though they are not public. */
  readonly allowedRanges: readonly AddressRange[];
  readonly isHttpAllowed: boolean;
}

/** Where a webhook is sent to, read from its URL. */
export interface Target {
  readonly url: URL;
  /** Name or address, without brackets. */
  readonly host: string;
  /** The address, if the URL gives one instead of a name; loopback for what is always that. */
  readonly address?: string;
}

/** Where a webhook may be sent to, or in words why not. */
export type TargetJudgement = { readonly target: Target } | { readonly refusal: string };

/** RFC 6761: these names are this machine, whatever a resolver says. */
const LOCALHOST = /^(.+\.)?localhost\.?$/;

/**
 * Reads a URL and refuses what can be seen to be wrong without asking a resolver. The URL parser
 * brings every spelling of an address (decimal, octal, hexadecimal, shortened) to the usual one.
 */
export function judgeTarget(text: string, rules: TargetRules): TargetJudgement {
  const url = URL.parse(text);
  if (url === null) return { refusal: 'This is not a URL.' };
  const schemes = rules.isHttpAllowed ? ['https:', 'http:'] : ['https:'];
  if (!schemes.includes(url.protocol)) {
    return { refusal: `Only ${schemes.map((scheme) => scheme.slice(0, -1)).join(' and ')}.` };
  }
  if (url.username !== '' || url.password !== '') return { refusal: 'No name or password in it.' };
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const address = LOCALHOST.test(host) ? '127.0.0.1' : host;
  if (isIP(address) === 0) return { target: { url, host } };
  if (isAddressAllowed(address, rules.allowedRanges)) return { target: { url, host, address } };
  return { refusal: 'This address is not a public one.' };
}
