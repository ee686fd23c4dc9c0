import { median } from '../statistics.ts';
import type { Stage } from './plans.ts';

/** When a checkout was due and when its outcome was at the client, by `performance.now()`. */
interface ClientTimes {
  readonly dueMs: number;
  readonly settledMs: number;
}

interface TimelineStep {
  readonly at: string;
  readonly step: string;
}

const STAGES = [
  'due → received by the API',
  'received → stored, queued and taken into a batch',
  'taken into a batch → decided',
  'decided → committed, told and at the client',
] as const;

/**
 * Gathers where checkouts spend their time: the client's own moments and those on the checkout's
 * timeline, which has milliseconds. All run on one machine and so on one clock.
 */
export function createLatencyPath() {
  const samples: number[][] = STAGES.map(() => []);
  return {
    /** @param checkout its JSON as the API answers it */
    add(checkout: string, { dueMs, settledMs }: ClientTimes): void {
      const { timeline } = JSON.parse(checkout) as { timeline: readonly TimelineStep[] };
      const at = (step: string) => {
        const found = timeline.find((each) => each.step === step);
        return found === undefined ? Number.NaN : Date.parse(found.at) - performance.timeOrigin;
      };
      const moments = [dueMs, at('received'), at('picked_up'), at('placed'), settledMs];
      if (moments.some(Number.isNaN)) return;
      moments.slice(1).forEach((moment, index) => {
        samples[index]?.push(moment - (moments[index] ?? moment));
      });
    },
    stages: (): Stage[] =>
      STAGES.map((name, index) => ({ name, ms: median(samples[index] ?? []) })),
  };
}
