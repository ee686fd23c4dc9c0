import ipaddr from 'ipaddr.js';
import { type AddressRange, isInRanges } from '../runtime/ip-address.ts';

/** The only range from which public IPv6 addresses have been given out (RFC 4291, IANA). */
const GLOBAL_UNICAST: AddressRange = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * Public by the registries, and yet something inside: what a cloud has put before its machines at an
 * address of its own. Azure: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 * What other clouds use is link-local, shared or unique-local, and not public anyway.
 */
const INSIDE_CLOUDS: readonly AddressRange[] = [[ipaddr.IPv4.parse('168.63.129.16'), 32]];

/**
 * Whether a webhook may be sent to this IP address. Only what is a public unicast address by the
 * registries of special-purpose addresses (RFC 6890) is, so that loopback, private networks, link
 * local and cloud metadata, shared and reserved space, multicast, and IPv6 addresses that carry an
 * IPv4 address in them (mapped, compatible, NAT64, 6to4, Teredo) are not, unless in `allowed`. Nor
 * is what clouds reach their machines' agents by under a public address.
 * @param address as text; what is no address is forbidden
 */
export function isAddressAllowed(address: string, allowed: readonly AddressRange[]): boolean {
  const kind = ipaddr.IPv4.isValidFourPartDecimal(address) ? ipaddr.IPv4 : ipaddr.IPv6;
  if (!kind.isValid(address)) return false;
  const parsed = kind.parse(address);
  if (isInRanges(parsed, allowed)) return true;
  if (parsed.range() !== 'unicast' || isInRanges(parsed, INSIDE_CLOUDS)) return false;
  return parsed.kind() === 'ipv4' || isInRanges(parsed, [GLOBAL_UNICAST]);
}
