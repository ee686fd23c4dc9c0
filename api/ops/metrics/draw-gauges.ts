import { Gauge, type Registry } from 'prom-client';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { DrawRecord } from '../../../shared/store/collections/draws.ts';
import type { Store } from '../../../shared/store/store.ts';

const READ_TIMEOUT_MS = 500;
/** How many active draws are read, in the order in which they close. */
const DRAWS_MAX = 1_000;

type ActiveDraw = Pick<DrawRecord, '_id' | 'status' | 'held' | 'entryCount'>;

/** The figures of draws that are not over. */
interface ActiveDraws {
  /** The number of draws by status. */
  readonly byStatus: ReadonlyMap<DrawRecord['status'], number>;
  readonly entries: number;
  /** Units that the draws still set aside. */
  readonly held: number;
}

/** Gauges of the draws that are not over. */
export interface DrawGauges {
  show(draws: ActiveDraws | undefined): void;
}

export function createDrawGauges(registry: Registry): DrawGauges {
  const registers = [registry];
  const ABSENT = 'Absent while MongoDB does not answer.';
  const active = new Gauge({
    name: 'lastunit_draws_active',
    help: `Draws that are not over, by status. ${ABSENT}`,
    labelNames: ['status'],
    registers,
  });
  const entries = new Gauge({
    name: 'lastunit_draw_entries',
    help: `Entries of the draws that are not over. ${ABSENT}`,
    registers,
  });
  const held = new Gauge({
    name: 'lastunit_draw_units_held',
    help: `Units that draws set aside and have not given to orders. ${ABSENT}`,
    registers,
  });
  return {
    show: (draws) => {
      active.reset();
      entries.remove();
      held.remove();
      if (draws === undefined) return;
      for (const status of ['scheduled', 'open', 'closed'] as const) active.set({ status }, 0);
      for (const [status, count] of draws.byStatus) active.set({ status }, count);
      entries.set(draws.entries);
      held.set(draws.held);
    },
  };
}

/** Updates the gauges; they are absent if MongoDB does not answer in time. */
export async function updateDrawGauges(gauges: DrawGauges, store: Store): Promise<void> {
  const reading = withDeadline('draws', READ_TIMEOUT_MS, readActiveDraws(store));
  gauges.show(await reading.catch(() => undefined));
}

/** Reads the draws that are not over. The gates count the entries of unclosed draws. */
async function readActiveDraws({ draws, drawGates }: Store): Promise<ActiveDraws> {
  const active = await draws
    .find<ActiveDraw>(
      { isActive: true },
      {
        hint: 'active_draws',
        projection: { status: 1, held: 1, entryCount: 1 },
        limit: DRAWS_MAX,
        maxTimeMS: READ_TIMEOUT_MS,
      },
    )
    .toArray();
  const unclosed = active.filter(({ entryCount }) => entryCount === undefined);
  const byStatus = new Map<DrawRecord['status'], number>();
  for (const { status } of active) byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  const held = active.reduce((sum, draw) => sum + draw.held, 0);
  const closedEntries = active.reduce((sum, { entryCount = 0 }) => sum + entryCount, 0);
  if (unclosed.length === 0) return { byStatus, entries: closedEntries, held };
  const [counted] = await drawGates
    .aggregate<{ readonly entries: number }>(
      [
        { $match: { drawId: { $in: unclosed.map(({ _id }) => _id) } } },
        { $group: { _id: null, entries: { $sum: '$entries' } } },
      ],
      { hint: 'gates_of_draw', maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  return { byStatus, entries: closedEntries + (counted?.entries ?? 0), held };
}
