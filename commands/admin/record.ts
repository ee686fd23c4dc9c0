import { writeAudit } from '../../shared/audit/write-audit.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import { migrate } from '../../shared/store/migrate.ts';
import { openStore, type Store } from '../../shared/store/store.ts';
import { findRecordAddress } from '../reconcile/record-address.ts';

/** What a command has done, as it is put on record. Ids and names only, nothing secret. */
interface Done {
  readonly command: string;
  readonly target: string;
  readonly shopId?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The record, for one command. */
export interface AdminRecord {
  readonly store: Store;
  /** Puts on record that operators did this. */
  note(done: Done): Promise<void>;
}

/** Opens the record for `work` and closes it again. */
export async function withRecord<T>(work: (record: AdminRecord) => Promise<T>): Promise<T> {
  const { mongodbUrl } = await findRecordAddress(readEnv());
  const store = await openStore(mongodbUrl);
  try {
    await migrate(store);
    return await work({ store, note: (done) => note(store, done) });
  } finally {
    await store.close();
  }
}

/** @throws Error when there is no such shop */
export async function findShop(store: Store, named: string): Promise<ShopRecord> {
  const email = named.toLowerCase();
  const found = await store.shops.findOne<ShopRecord>({ $or: [{ _id: named }, { email }] });
  if (found === null) throw new Error(`There is no shop ${named}.`);
  return found;
}

async function note(store: Store, { command, target, shopId, detail }: Done): Promise<void> {
  await writeAudit(store, [
    {
      _id: newId('aud'),
      at: new Date(),
      action: 'ops.command',
      actor: { kind: 'operator', id: 'admin' },
      outcome: 'done',
      target,
      ...(shopId !== undefined && { shopId }),
      detail: { command, ...detail },
    },
  ]);
}
