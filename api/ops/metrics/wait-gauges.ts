import { Gauge, type Registry } from 'prom-client';
import { readWaits, type WaitingForUnits } from '../../../shared/store/read-waits.ts';
import type { Store } from '../../../shared/store/store.ts';

const READ_TIMEOUT_MS = 500;

/** Gauges of the checkouts that wait for units to come back. */
export interface WaitGauges {
  show(waits: WaitingForUnits | undefined): void;
}

export function createWaitGauges(registry: Registry): WaitGauges {
  const registers = [registry];
  const ABSENT = 'Absent while MongoDB does not answer.';
  const waiting = new Gauge({
    name: 'lastunit_checkouts_waiting',
    help: `Checkouts that wait for units to come back, counted up to 10,000. ${ABSENT}`,
    registers,
  });
  const longest = new Gauge({
    name: 'lastunit_checkouts_longest_wait_seconds',
    help: `Age of the checkout that has waited longest for units; 0 without any. ${ABSENT}`,
    registers,
  });
  return {
    show: (waits) => {
      waiting.remove();
      longest.remove();
      if (waits === undefined) return;
      waiting.set(waits.waiting);
      longest.set(waits.longestMs / 1_000);
    },
  };
}

/** Updates the gauges; they are absent if MongoDB does not answer in time. */
export async function updateWaitGauges(gauges: WaitGauges, store: Store, now: Date): Promise<void> {
  gauges.show(await readWaits(store, now, READ_TIMEOUT_MS).catch(() => undefined));
}
