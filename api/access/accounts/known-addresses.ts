import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { networkOf } from '../../../shared/runtime/ip-address.ts';
import type { ShopRecord } from '../../../shared/store/collections/shops.ts';
import type { Store } from '../../../shared/store/store.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** An address is known for this long after the last good login from it. */
const KNOWN_MS = 30 * DAY_MS;
/** Logins of one day from one address are noted once. */
const NOTED_EVERY_MS = DAY_MS;
/** Of a shop; the address of the oldest login makes room. */
const KNOWN_ADDRESSES_MAX = 20;

type Account = Pick<ShopRecord, '_id' | 'knownAddresses'>;

/** Whether somebody has logged in to the account from this address in the last 30 days. */
export function isKnownAddress(account: Account | undefined, address: string, now: Date): boolean {
  return isNotedSince(account, address, new Date(now.getTime() - KNOWN_MS));
}

/** Remembers that somebody has just logged in to the account from this address. */
export async function noteAddress(
  store: Store,
  account: Account,
  address: string,
  now: Date,
): Promise<void> {
  if (isNotedSince(account, address, new Date(now.getTime() - NOTED_EVERY_MS))) return;
  const network = networkOf(address);
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
  const written = store.shops.updateOne({ _id: account._id }, [{ $set: { knownAddresses } }]);
  await withDeadline('noting an address', WRITE_TIMEOUT_MS, written);
}

function isNotedSince(account: Account | undefined, address: string, since: Date): boolean {
  const network = networkOf(address);
  const known = account?.knownAddresses ?? [];
  return known.some((each) => each.network === network && each.loggedInAt > since);
}
