import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import type { CheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import type { SaleTimesContext } from '../catalog/await-sale-times.ts';
import type { AnswerContext } from '../http/answer.ts';
import type { AddressReader } from '../http/client-address.ts';
import { routesWith } from '../http/route.ts';
import type { GuessLimiter } from '../limits/guess-limiter.ts';
import type { HealthMonitor } from '../system/health-monitor.ts';
import type { BoardQueues } from './board/board-queues.ts';
import type { DemoSale } from './demo/demo-sale.ts';
import type { Operators } from './operators.ts';
import type { Ops } from './ops.ts';

/** The dependencies of the pages and routes for operators. */
export interface OpsContext extends AuditContext, AnswerContext, SaleTimesContext {
  readonly config: {
    /** `NODE_ENV`. */
    readonly environment: string;
    /** Whether admins may make changes. */
    readonly ops: { readonly isWritable?: boolean };
  };
  readonly store: Store;
  readonly ledger: LedgerContext;
  readonly queue: CheckoutQueue;
  readonly boardQueues: BoardQueues;
  readonly readAddress: AddressReader;
  readonly operators: Operators;
  readonly guesses: GuessLimiter;
  readonly health: HealthMonitor;
  readonly ops: Ops;
  /** Undefined in production. */
  readonly demoSale?: DemoSale;
}

/** The path of the queue board. */
export const BOARD_PATH = '/ops/queues';

/** Defines a route of this folder. */
export const route = routesWith<OpsContext>();
