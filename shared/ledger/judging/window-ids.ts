import type { JudgedWindow } from '../../domain/judging/verdict.ts';
import { lowestIdAt } from '../../runtime/ids.ts';

/** Whether a checkout with this id was received in the window: ids tell their time. */
export function windowTest(window: JudgedWindow): (checkoutId: string) => boolean {
  const { $gte, $lt } = idRange(window);
  return (id) => ($gte === undefined || id >= $gte) && ($lt === undefined || id < $lt);
}

/** Filter for the checkouts of the window; matches all when the window is open on both sides. */
export function windowFilter(window: JudgedWindow): Record<string, unknown> {
  const range = idRange(window);
  return Object.keys(range).length === 0 ? {} : { _id: range };
}

function idRange({ from, to }: JudgedWindow): { $gte?: string; $lt?: string } {
  return {
    ...(from && { $gte: lowestIdAt('chk', from) }),
    ...(to && { $lt: lowestIdAt('chk', to) }),
  };
}
