import ipaddr from 'ipaddr.js';

/** A range of addresses as CIDR writes it. */
export type AddressRange = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Reads `10.0.0.0/8` or `fd00::/8`; undefined when it is something else. */
export function parseAddressRange(text: string): AddressRange | undefined {
  return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : undefined;
}

/** Whether the address is in one of the ranges; those of the other family have none of it. */
export function isInRanges(
  address: ipaddr.IPv4 | ipaddr.IPv6,
  ranges: readonly AddressRange[],
): boolean {
  return ranges.some(
    ([range, bits]) => range.kind() === address.kind() && address.match(range, bits),
  );
}
