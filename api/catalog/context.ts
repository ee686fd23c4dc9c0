import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';
import type { SaleTimesContext } from './await-sale-times.ts';
import type { FileSlots } from './import-export/file-slots.ts';

/** The dependencies of the catalogue. */
export interface CatalogContext extends AuditContext, SaleTimesContext {
  readonly store: Store;
  readonly log: Logger;
  readonly fileSlots: FileSlots;
  readonly ledger: LedgerContext;
}

/** Defines a route of this folder. */
export const route = routesWith<CatalogContext>();
