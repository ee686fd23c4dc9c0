import type { WithdrawalResult } from '../../shared/ledger/withdraw-checkout.ts';
import type { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import type { CartsContext } from '../carts/context.ts';
import type { EnteringContext } from '../draws/draw-cache.ts';
import type { AnswerContext } from '../http/answer.ts';
import { routesWith } from '../http/route.ts';
import type { QueuePlaces } from '../limits/queue-places.ts';
import type { WaitSlots } from '../limits/wait-slots.ts';
import type { WaitingPlaces } from '../limits/waiting-places.ts';
import type { PricingContext } from '../pricing/price-request.ts';
import type { EntryIntake } from './entry-intake.ts';
import type { Withdrawal } from './group-withdrawals.ts';
import type { Intake } from './intake.ts';
import type { OutcomeSubscriptions } from './outcome-subscriptions.ts';

/** The dependencies of checkouts. */
export interface CheckoutsContext
  extends AnswerContext,
    AuditContext,
    CartsContext,
    PricingContext,
    EnteringContext {
  /** Whether a checkout may have its own reservation length; false in production. */
  readonly mayChooseReservation: boolean;
  readonly intake: Intake;
  readonly entries: EntryIntake;
  readonly outcomes: OutcomeSubscriptions;
  readonly waitSlots: WaitSlots;
  readonly queuePlaces: QueuePlaces;
  readonly waitingPlaces: WaitingPlaces;
  readonly withdrawals: GroupCommit<Withdrawal, WithdrawalResult>;
}

/** Defines a route of this folder. */
export const route = routesWith<CheckoutsContext>();
