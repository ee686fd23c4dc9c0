import ipaddr from 'ipaddr.js';
import { type AddressRange, isInRanges } from '../runtime/ip-address.ts';

/** The only range from which public IPv6 addresses have been given out (RFC 4291, IANA). */
const GLOBAL_UNICAST: AddressRange = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * Addresses that are public by the registries but lead to services inside a cloud. Azure has one:
 * https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 * Other clouds use link-local, shared or unique-local addresses, which are not public.
 */
const INSIDE_CLOUDS: readonly AddressRange[] = [[ipaddr.IPv4.parse('168.63.129.16'), 32]];

/**
 * Returns whether a webhook may be sent to this IP address. It must be in `allowed`, or be a public
 * unicast address by the registries of special-purpose addresses (RFC 6890). This excludes
 * loopback, private networks, link-local addresses and cloud metadata, shared and reserved space,
 * multicast, and IPv6 addresses that contain an IPv4 address (mapped, compatible, NAT64, 6to4,
 * Teredo).
 * @param address an address as text; for any other text the result is false
 */
export function isAddressAllowed(address: string, allowed: readonly AddressRange[]): boolean {
  const kind = ipaddr.IPv4.isValidFourPartDecimal(address) ? ipaddr.IPv4 : ipaddr.IPv6;
  if (!kind.isValid(address)) return false;
  const parsed = kind.parse(address);
  if (isInRanges(parsed, allowed)) return true;
  if (parsed.range() !== 'unicast' || isInRanges(parsed, INSIDE_CLOUDS)) return false;
  return parsed.kind() === 'ipv4' || isInRanges(parsed, [GLOBAL_UNICAST]);
}
