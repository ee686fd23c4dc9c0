import type { ProcessRecord } from '../../../../shared/store/collections/processes.ts';
import type { ShedFigures } from '../figures.ts';

/** Refusals are counted over a minute. */
const COUNTED_MS = 60_000;
/** A process that is silent for longer than this has ended, or no longer answers. */
const SILENT_MS = 8_000;

/** A heartbeat of an API process, with the refusals since the process started, by reason. */
export type ShedHeartbeat = Pick<ProcessRecord, '_id' | 'seenAt'> &
  Required<Pick<ProcessRecord, 'shed'>>;

/**
 * Counts the refusals of all processes, as the difference between their heartbeats. All times are
 * those of the database server's clock.
 */
export class ShedTally {
  /** The heartbeats of each process, the latest last. */
  readonly #heartbeats = new Map<string, ShedHeartbeat[]>();

  /** Adds the latest heartbeat of each process. */
  add(latest: readonly ShedHeartbeat[]): void {
    for (const heartbeat of latest) {
      const heartbeats = this.#heartbeats.get(heartbeat._id) ?? [];
      this.#heartbeats.set(heartbeat._id, heartbeats);
      if (toMs(heartbeats.at(-1)) < toMs(heartbeat)) heartbeats.push(heartbeat);
    }
    const countedFrom = this.#newestMs() - COUNTED_MS;
    for (const [id, heartbeats] of this.#heartbeats) {
      const counted = heartbeats.filter((heartbeat) => toMs(heartbeat) >= countedFrom);
      if (counted.length === 0) this.#heartbeats.delete(id);
      else this.#heartbeats.set(id, counted);
    }
  }

  /** Returns the refusals of the last minute; null until a process has sent two heartbeats. */
  figures(): ShedFigures | null {
    const processes = [...this.#heartbeats.values()];
    if (!processes.some(({ length }) => length > 1)) return null;
    const aliveFrom = this.#newestMs() - SILENT_MS;
    const lastMinute = new Map<string, number>();
    let perSecond = 0;
    for (const heartbeats of processes) {
      const [first, previous, last] = [heartbeats[0], heartbeats.at(-2), heartbeats.at(-1)];
      if (first === undefined || last === undefined) continue;
      for (const [reason, count] of Object.entries(last.shed)) {
        const added = count - (first.shed[reason] ?? 0);
        if (added > 0) lastMinute.set(reason, (lastMinute.get(reason) ?? 0) + added);
      }
      if (previous === undefined || toMs(last) < aliveFrom) continue;
      const added = sumValues(last.shed) - sumValues(previous.shed);
      perSecond += (added * 1_000) / (toMs(last) - toMs(previous));
    }
    const sorted = [...lastMinute].sort(([, first], [, second]) => second - first);
    return { perSecond, lastMinute: Object.fromEntries(sorted) };
  }

  #newestMs(): number {
    return Math.max(
      ...Array.from(this.#heartbeats.values(), (heartbeats) => toMs(heartbeats.at(-1))),
    );
  }
}

function toMs(heartbeat: ShedHeartbeat | undefined): number {
  return heartbeat?.seenAt.getTime() ?? Number.NEGATIVE_INFINITY;
}

function sumValues(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
