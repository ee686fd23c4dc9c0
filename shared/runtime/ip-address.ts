import ipaddr from 'ipaddr.js';

/** Longer than any address with its port and zone. */
const TEXT_LENGTH_MAX = 100;
const IPV4 = /^\d{1,6}(?:\.\d{1,6}){3}$/;
const BRACKETED = /^\[([^[\]]*)\](?::[^:]*)?$/;
/** A port, or the made-up one of RFC 7239 that begins with an underscore. */
const WITH_PORT = /^([^:]+):[\w.-]*$/;
/** IPv6 addresses whose last 32 bits are the IPv4 address of the caller. */
const TRANSLATED: readonly string[] = ['ipv4Mapped', 'rfc6145', 'rfc6052'];
/** An IPv6 subscriber gets a /64 at least, and may use any address in it. */
const NETWORK_PARTS = 4;

/**
 * Reads an IP address as proxies write it and returns its one canonical form: IPv4 in decimals,
 * IPv6 as RFC 5952 says. Quotes, brackets, ports, zones, letter case and leading zeros make no
 * difference, and an IPv4 address inside an IPv6 one (`::ffff:192.0.2.1`) is the IPv4 address.
 *
 * @returns undefined for anything else, for example `unknown` and `_hidden` of RFC 7239
 */
export function parseAddress(text: string): string | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  const unquoted = text
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();
  const bracketed = BRACKETED.exec(unquoted)?.[1];
  if (bracketed !== undefined) return parseBare(bracketed);
  return parseBare(WITH_PORT.exec(unquoted)?.[1] ?? unquoted);
}

/**
 * Returns what limits count a caller by: an IPv4 address itself, of an IPv6 address its /64.
 * @param address in canonical form; anything else is returned as it is
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  if (!ipaddr.IPv6.isValid(address)) return address;
  const network = ipaddr.IPv6.parse(address).parts.slice(0, NETWORK_PARTS);
  return `${new ipaddr.IPv6([...network, 0, 0, 0, 0]).toString()}/64`;
}

function parseBare(text: string): string | undefined {
  if (IPV4.test(text)) return parseIpv4(text);
  const [withoutZone = ''] = text.split('%');
  if (!ipaddr.IPv6.isValid(withoutZone)) return undefined;
  const address = ipaddr.IPv6.parse(withoutZone);
  if (!TRANSLATED.includes(address.range())) return address.toString();
  return new ipaddr.IPv4(address.toByteArray().slice(-4)).toString();
}

/** Leading zeros pad decimals here: no proxy writes octal numbers. */
function parseIpv4(text: string): string | undefined {
  const octets = text.split('.').map(Number);
  return octets.every((octet) => octet <= 255) ? octets.join('.') : undefined;
}
