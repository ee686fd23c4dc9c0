import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { OrderRecord } from '../../../shared/store/collections/orders.ts';
import type { CheckoutJob } from './read-jobs.ts';

/** One event of a checkout, its jobs or its orders. */
export interface TimelineStep {
  readonly at: Date;
  /** Id of the checkout, job or order. */
  readonly subject: string;
  readonly step: string;
  readonly actor?: string;
  readonly reason?: string;
}

/** Merges the events of a checkout, its jobs and its orders, sorted by time. */
export function toTimeline(
  checkout: CheckoutRecord,
  orders: readonly OrderRecord[],
  jobs: readonly CheckoutJob[],
): TimelineStep[] {
  const steps = [
    ...checkoutSteps(checkout),
    ...jobs.flatMap(jobSteps),
    ...orders.flatMap(orderSteps),
  ];
  return steps.sort((first, second) => first.at.getTime() - second.at.getTime());
}

function checkoutSteps(checkout: CheckoutRecord): TimelineStep[] {
  const { _id: subject, status, rejection, failure } = checkout;
  const reason = rejection?.code ?? failure;
  return [
    ...stepAt(checkout.receivedAt, { subject, step: 'received', actor: checkout.madeBy }),
    ...stepAt(checkout.acceptedAt, { subject, step: 'accepted' }),
    ...stepAt(checkout.pickedUpAt, { subject, step: 'picked_up' }),
    ...stepAt(checkout.waitingSince, { subject, step: 'waiting' }),
    ...stepAt(checkout.settledAt, { subject, step: status, ...(reason && { reason }) }),
  ];
}

function jobSteps(job: CheckoutJob): TimelineStep[] {
  const { id: subject, state, failure } = job;
  return [
    ...stepAt(job.addedAt, { subject, step: 'job_added' }),
    ...stepAt(job.startedAt, { subject, step: 'job_started' }),
    ...stepAt(job.endedAt, { subject, step: `job_${state}`, ...(failure && { reason: failure }) }),
  ];
}

function orderSteps(order: OrderRecord): TimelineStep[] {
  return order.history.map((entry) => ({
    at: entry.at,
    subject: order._id,
    step: `order_${entry.kind ?? entry.status}`,
    actor: entry.actor,
    ...(entry.reason && { reason: entry.reason }),
  }));
}

function stepAt(at: Date | undefined, step: Omit<TimelineStep, 'at'>): TimelineStep[] {
  return at === undefined ? [] : [{ at, ...step }];
}
