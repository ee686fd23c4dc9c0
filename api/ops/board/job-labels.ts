import type {
  CheckoutResult,
  DeliverWebhooksData,
  DeliverWebhooksResult,
  SettleCheckoutsData,
  SettleCheckoutsResult,
} from '../../../shared/contract/jobs.ts';
import { redactPersonal } from '../../../shared/runtime/redact.ts';

/** The parts of a checkout job that the board shows, in any state. */
export interface BoardJob {
  readonly name: string;
  readonly data?: Partial<SettleCheckoutsData> | null;
  readonly returnvalue?: Partial<SettleCheckoutsResult> | null;
  readonly failedReason?: string | null;
  readonly processedOn?: number | null;
  readonly finishedOn?: number | null;
}

/**
 * Returns a job's name on the board: the outcome of its checkout, e.g. `rejected chk_01…
 * (out_of_stock)`, or the outcomes of its group, e.g. `47 checkouts: 12 placed, 35 out_of_stock`.
 * Without a result the name has the state of the job, e.g. `waiting chk_01…`.
 */
export function jobLabel(job: BoardJob): string {
  const ids = job.data?.checkouts?.map(({ checkoutId }) => checkoutId) ?? [job.name];
  const subject = ids.length === 1 ? (ids[0] ?? job.name) : `${ids.length} checkouts`;
  const results = job.returnvalue?.checkouts;
  if (results !== undefined) {
    const [only] = results;
    if (results.length > 1 || only === undefined) return `${subject}: ${countOutcomes(results)}`;
    const { status, rejection } = only;
    return rejection === undefined ? `${status} ${subject}` : `${status} ${subject} (${rejection})`;
  }
  if (job.finishedOn) return `gave up ${subject}`;
  if (job.failedReason) return `will retry ${subject}`;
  return `${job.processedOn ? 'settling' : 'waiting'} ${subject}`;
}

function countOutcomes(results: readonly CheckoutResult[]): string {
  const counts = new Map<string, number>();
  for (const { status, rejection } of results) {
    const outcome = rejection ?? status;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return Array.from(counts, ([outcome, count]) => `${count} ${outcome}`).join(', ');
}

/**
 * Returns a job's result with field names for operators and links to its checkouts; null if the job
 * has no result.
 */
export function presentResult(
  result: Partial<SettleCheckoutsResult> | null | undefined,
  basePath = '',
): unknown {
  if (!result?.checkouts) return null;
  return result.checkouts.map((checkoutResult) => {
    const { checkoutId, status, orders, rejection, reason, batch, ms, lockMs, commitMs } =
      checkoutResult;
    return {
      checkout: checkoutId,
      outcome: status,
      ...(orders && { orders }),
      ...(rejection && { rejection }),
      ...(reason && { reason: redactPersonal(reason) }),
      ...(batch !== undefined && { checkoutsInItsBatch: batch }),
      ...(ms !== undefined && { msFromAcceptanceToCommit: ms }),
      ...(lockMs !== undefined && { msUntilItHadItsLocks: lockMs }),
      ...(commitMs !== undefined && { msFromDecisionToCommit: commitMs }),
      page: toHistoryPage(basePath, checkoutId),
    };
  });
}

/** Returns the path of the page with the history of a checkout. */
export function toHistoryPage(basePath: string, checkoutId: string): string {
  return `${basePath}/ops/search?checkout=${encodeURIComponent(checkoutId)}`;
}

/**
 * Returns a webhook job's name on the board, e.g. `whk_01… hooks.example.com: 12 delivered, idle`.
 */
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
