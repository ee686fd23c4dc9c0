import { isIP } from 'node:net';
import type { AddressRange } from '../runtime/ip-address.ts';
import { isAddressAllowed } from './target-address.ts';

/** The targets that operators allow. */
export interface TargetRules {
  /** Ranges that are allowed although they are not public. */
  readonly allowedRanges: readonly AddressRange[];
  readonly isHttpAllowed: boolean;
}

/** The target of a webhook, read from its URL. */
export interface Target {
  readonly url: URL;
  /** The host name or address, without brackets. */
  readonly host: string;
  /**
   * The IP address in the URL, or 127.0.0.1 for `localhost`; absent if the host is another name.
   */
  readonly address?: string;
}

/** An allowed target, or the reason for a refusal, written for the caller. */
export type TargetJudgement = { readonly target: Target } | { readonly refusal: string };

/** Matches the names that always mean this machine (RFC 6761). */
const LOCALHOST = /^(.+\.)?localhost\.?$/;

/**
 * Parses a URL, and refuses targets that can be refused before the host name is resolved. The URL
 * parser normalizes every spelling of an IPv4 address (decimal, octal, hexadecimal, shortened).
 */
export function judgeTarget(text: string, rules: TargetRules): TargetJudgement {
  const url = URL.parse(text);
  if (url === null) return { refusal: 'This is not a URL.' };
  const schemes = rules.isHttpAllowed ? ['https:', 'http:'] : ['https:'];
  if (!schemes.includes(url.protocol)) {
    return { refusal: `The URL must begin with ${schemes.join(' or ')}.` };
  }
  if (url.username !== '' || url.password !== '')
    return { refusal: 'The URL must have no user name or password.' };
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const address = LOCALHOST.test(host) ? '127.0.0.1' : host;
  if (isIP(address) === 0) return { target: { url, host } };
  if (isAddressAllowed(address, rules.allowedRanges)) return { target: { url, host, address } };
  return { refusal: 'This address is not public.' };
}
