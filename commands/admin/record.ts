import { writeAudit } from '../../shared/audit/write-audit.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { AuditRecord } from '../../shared/store/collections/audit.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import { migrate } from '../../shared/store/migrate.ts';
import { openStore, type Store } from '../../shared/store/store.ts';
import { findRecordAddress } from '../reconcile/record-address.ts';
import { type CommandValues, required } from './command.ts';

/** The name of the operator in the audit entries of commands. */
export const ADMIN_ACTOR = 'admin';

/** The audit entry of a command. It contains only ids and names, no secrets. */
interface Note {
  readonly command: string;
  readonly target: string;
  readonly shopId?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The database, open for one command. */
export interface AdminRecord {
  readonly store: Store;
  /** Returns the audit entry of a change by this command, for the transaction of the change. */
  toEntry(note: Note): AuditRecord;
  /** Writes an audit entry for this command, which has changed nothing. */
  note(note: Note): Promise<void>;
}

function toEntry({ command, target, shopId, detail }: Note): AuditRecord {
  return {
    _id: newId('aud'),
    at: new Date(),
    action: 'ops.command',
    actor: { kind: 'operator', id: ADMIN_ACTOR },
    outcome: 'done',
    target,
    ...(shopId !== undefined && { shopId }),
    detail: { command, ...detail },
  };
}

/** Opens the database, migrates it, runs `work`, and closes the database. */
export async function withRecord<T>(work: (record: AdminRecord) => Promise<T>): Promise<T> {
  const { mongodbUrl } = await findRecordAddress(readEnv());
  const store = await openStore(mongodbUrl);
  try {
    await migrate(store);
    return await work({ store, toEntry, note: (note) => writeAudit(store, [toEntry(note)]) });
  } finally {
    await store.close();
  }
}

/**
 * Finds the shop that `--shop` names by its id or e-mail address.
 * @throws Error if there is no such shop
 */
export async function findShop(store: Store, values: CommandValues): Promise<ShopRecord> {
  const idOrEmail = required(values, 'shop');
  const email = idOrEmail.toLowerCase();
  const shop = await store.shops.findOne<ShopRecord>({ $or: [{ _id: idOrEmail }, { email }] });
  if (shop === null) throw new Error(`There is no shop ${idOrEmail}.`);
  return shop;
}
