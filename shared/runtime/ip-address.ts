import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A range of addresses in CIDR notation. */
export type AddressRange = readonly [Address, number];

/** Longer than any address with its port and zone. */
const TEXT_LENGTH_MAX = 100;
const IPV4 = /^\d{1,6}(?:\.\d{1,6}){3}$/;
const BRACKETED = /^\[([^[\]]*)\](?::[^:]*)?$/;
/** An address with a port, which may be obfuscated by RFC 7239: it then begins with an underscore. */
const WITH_PORT = /^([^:]+):[\w.-]*$/;
/** IPv6 ranges whose last 32 bits are the caller's IPv4 address. */
const TRANSLATED: readonly string[] = ['ipv4Mapped', 'rfc6145', 'rfc6052'];
/** An IPv6 subscriber gets at least a /64 and may use any address in it. */
const NETWORK_PARTS = 4;

/**
 * Parses an IP address as proxies write it and returns its canonical form: IPv4 in decimals, IPv6
 * as in RFC 5952. Quotes, brackets, ports, zones, letter case and leading zeros are ignored. An
 * IPv4 address inside an IPv6 address (`::ffff:192.0.2.1`) is returned as IPv4.
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
 * Returns the network by which limits count a caller: the address itself for IPv4, its /64 for
 * IPv6.
 * @param address in canonical form; other texts are returned unchanged
 */
export function toNetwork(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  const network = ipaddr.IPv6.parse(address).parts.slice(0, NETWORK_PARTS);
  return `${new ipaddr.IPv6([...network, 0, 0, 0, 0]).toString()}/64`;
}

/** Parses `10.0.0.0/8` or `fd00::/8`; returns undefined for other texts. */
export function parseAddressRange(text: string): AddressRange | undefined {
  return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : undefined;
}

/** Returns whether the address is in one of the ranges of its own family. */
export function isInRanges(address: Address, ranges: readonly AddressRange[]): boolean {
  return ranges.some(
    ([range, bits]) => range.kind() === address.kind() && address.match(range, bits),
  );
}

function parseBare(text: string): string | undefined {
  if (IPV4.test(text)) return parseIpv4(text);
  const [withoutZone = ''] = text.split('%');
  if (!ipaddr.IPv6.isValid(withoutZone)) return undefined;
  const address = ipaddr.IPv6.parse(withoutZone);
  if (!TRANSLATED.includes(address.range())) return address.toString();
  return new ipaddr.IPv4(address.toByteArray().slice(-4)).toString();
}

/** Leading zeros are padding: no proxy writes octal numbers. */
function parseIpv4(text: string): string | undefined {
  const octets = text.split('.').map(Number);
  return octets.every((octet) => octet <= 255) ? octets.join('.') : undefined;
}
