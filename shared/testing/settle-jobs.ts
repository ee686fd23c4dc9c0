import { type SettleCheckoutsJob, settleJobId } from '../contract/jobs.ts';

/** Returns the job of one checkout. */
export function toJob(checkoutId: string, recoveries = 0, productId?: string): SettleCheckoutsJob {
  return groupJob([checkoutId], recoveries, productId);
}

/** Returns a job that several checkouts of one product share. */
export function groupJob(
  checkoutIds: readonly string[],
  recoveries = 0,
  productId = 'prd',
): SettleCheckoutsJob {
  const checkouts = checkoutIds.map((checkoutId) => ({ checkoutId, productId, lines: 1 }));
  return { id: settleJobId(checkoutIds[0] ?? '', recoveries), data: { checkouts } };
}
