import type { Migration } from './migration.ts';

/** What this version knows about a database's migrations. */
export interface MigrationPlan {
  /** The migrations that the database still needs, in the order in which they run. */
  readonly pending: readonly Migration[];
  /** The ids of migrations that a newer version has finished. */
  readonly newer: readonly string[];
}

/** The database contains migrations of another program. */
export class ForeignHistoryError extends Error {
  constructor(foreign: readonly string[]) {
    super(
      `the database contains migrations that this version does not know and that are not newer: ` +
        `${foreign.join(', ')}. It belongs to another program; check MONGODB_URL`,
    );
    this.name = 'ForeignHistoryError';
  }
}

/**
 * Compares the ids of finished migrations with the migrations of this version. An unknown id whose
 * number is above all known numbers comes from a newer version. That is not an error, because old
 * and new processes run at the same time during a rollout.
 * @throws ForeignHistoryError if any other id is unknown
 */
export function planMigrations(
  known: readonly Migration[],
  done: readonly string[],
): MigrationPlan {
  const latest = Math.max(0, ...known.map(({ id }) => parseNumber(id)));
  const ids = new Set(known.flatMap(({ id, replaces = [] }) => [id, ...replaces]));
  const unknown = done.filter((id) => !ids.has(id));
  const foreign = unknown.filter((id) => !(parseNumber(id) > latest));
  if (foreign.length > 0) throw new ForeignHistoryError(foreign.toSorted());
  return {
    pending: known.filter(({ id }) => !done.includes(id)),
    newer: unknown.toSorted(),
  };
}

function parseNumber(id: string): number {
  return Number(/^(\d{4})-/.exec(id)?.[1]);
}
