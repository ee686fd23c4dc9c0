import type {
  DeliverWebhooksData,
  DeliverWebhooksResult,
  SettleCheckoutData,
  SettleCheckoutResult,
} from '../../../shared/contract/jobs.ts';

/** The parts of a checkout job that the board shows, in any state. */
export interface BoardJob {
  readonly name: string;
  readonly data?: Partial<SettleCheckoutData> | null;
  readonly returnvalue?: Partial<SettleCheckoutResult> | null;
  readonly failedReason?: string | null;
  readonly processedOn?: number | null;
  readonly finishedOn?: number | null;
}

/** Returns a checkout job's name on the board, e.g. `rejected chk_01… (out_of_stock)`. */
export function jobLabel(job: BoardJob): string {
  const checkoutId = job.data?.checkoutId ?? job.name;
  const { status, rejection } = job.returnvalue ?? {};
  if (status !== undefined) {
    return rejection === undefined
      ? `${status} ${checkoutId}`
      : `${status} ${checkoutId} (${rejection})`;
  }
  if (job.finishedOn) return `gave up ${checkoutId}`;
  if (job.failedReason) return `will retry ${checkoutId}`;
  return `${job.processedOn ? 'settling' : 'waiting'} ${checkoutId}`;
}

/** Presents the result of a job to operators; null without a result. */
export function presentResult(result: Partial<SettleCheckoutResult> | null | undefined): unknown {
  if (result === null || result === undefined) return null;
  const { status, orders, rejection, reason, batch, ms } = result;
  return {
    outcome: status,
    ...(orders && { orders }),
    ...(rejection && { rejection }),
    ...(reason && { reason }),
    checkoutsInItsBatch: batch,
    msFromAcceptanceToCommit: ms,
  };
}

/** Returns a webhook job's name on the board, e.g. `whk_01… hooks.example.com: 12 delivered, idle`. */
export function webhookJobLabel(job: {
  readonly name: string;
  readonly data?: Partial<DeliverWebhooksData> | null;
  readonly returnvalue?: Partial<DeliverWebhooksResult> | null;
}): string {
  const webhookId = job.data?.webhookId ?? job.name;
  const { state, host, delivered = 0, failed = 0, nextAt } = job.returnvalue ?? {};
  if (state === undefined) return webhookId;
  const counts = `${delivered} delivered${failed > 0 ? `, ${failed} failed` : ''}`;
  return `${webhookId} ${host ?? ''}: ${counts}, ${state}${nextAt ? ` until ${nextAt}` : ''}`;
}
