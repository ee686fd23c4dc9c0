import { median } from '../statistics.ts';
import type { Stage } from './plans.ts';

/** When a checkout was due and when the client received its outcome, by `performance.now()`. */
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
  'decided → committed, published and at the client',
] as const;

/**
 * Collects where checkouts spend their time, from the client's times and the checkout's timeline,
 * which has a resolution of 1 ms. All processes run on one machine and share its clock.
 */
export function createLatencyPath() {
  const samples: number[][] = STAGES.map(() => []);
  return {
    /** @param checkout the checkout's JSON from the API */
    add(checkout: string, { dueMs, settledMs }: ClientTimes): void {
      const { timeline } = JSON.parse(checkout) as { timeline: readonly TimelineStep[] };
      const at = (step: string) => {
        const entry = timeline.find((candidate) => candidate.step === step);
        return entry === undefined ? Number.NaN : Date.parse(entry.at) - performance.timeOrigin;
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
