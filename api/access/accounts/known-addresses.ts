import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { toNetwork } from '../../../shared/runtime/ip-address.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import type { Store } from '../../../shared/store/store.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** An address is known for this long after the last noted login from it. */
const KNOWN_MS = 30 * DAY_MS;
/** Logins from one address are noted at most once a day. */
const NOTED_EVERY_MS = DAY_MS;
/** Addresses stored per shop; a new address replaces the address with the oldest login. */
const KNOWN_ADDRESSES_MAX = 20;

type Account = Pick<ShopRecord, '_id' | 'knownAddresses' | 'passwordHash'>;

/**
 * Returns whether a login of the account from this address was noted in the last 30 days. IPv6
 * addresses of the same /64 count as one address.
 */
export function isKnownAddress(account: Account | undefined, address: string, now: Date): boolean {
  return isNotedSince(account, address, new Date(now.getTime() - KNOWN_MS));
}

/**
 * Stores that the account has just logged in from this address, at most once a day per address.
 * Stores nothing if the password was changed meanwhile: the change has removed all known addresses.
 */
export async function noteAddress(
  store: Store,
  account: Account,
  address: string,
  now: Date,
): Promise<void> {
  if (isNotedSince(account, address, new Date(now.getTime() - NOTED_EVERY_MS))) return;
  const network = toNetwork(address);
  const others = {
    $filter: {
      input: { $ifNull: ['$knownAddresses', []] },
      cond: {
        $and: [
          { $ne: ['$$this.network', network] },
          { $gt: ['$$this.loggedInAt', new Date(now.getTime() - KNOWN_MS)] },
        ],
      },
    },
  };
  const latestFirst = { $concatArrays: [[{ network, loggedInAt: now }], others] };
  const knownAddresses = { $slice: [latestFirst, KNOWN_ADDRESSES_MAX] };
  const { _id, passwordHash = '' } = account;
  const noting = store.shops.updateOne({ _id, passwordHash }, [{ $set: { knownAddresses } }]);
  await withDeadline('noting an address', WRITE_TIMEOUT_MS, noting);
}

function isNotedSince(account: Account | undefined, address: string, since: Date): boolean {
  const network = toNetwork(address);
  const known = account?.knownAddresses ?? [];
  return known.some((login) => login.network === network && login.loggedInAt > since);
}
