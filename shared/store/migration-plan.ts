import type { Migration } from './migration.ts';

/** What is to be done to a database, given what has been done to it. */
export interface MigrationPlan {
  /** In the order in which they are to be run. */
  readonly pending: readonly Migration[];
  /** Done by a newer version than this one. */
  readonly newer: readonly string[];
}

/** The database has been through something that no version of this line of development does. */
export class ForeignHistoryError extends Error {
  constructor(foreign: readonly string[]) {
    super(
      `the database holds migrations that this version does not know, and that are not newer ` +
        `than it: ${foreign.join(', ')}. It belongs to something else; look at MONGODB_URL`,
    );
    this.name = 'ForeignHistoryError';
  }
}

/**
 * Compares what has been done, by id, with what this version knows. What is unknown and has a
 * number above all that is known comes from a newer version. Old and new processes run side by
 * side while a new version is rolled out, so that is no reason to stop.
 * @throws ForeignHistoryError when something unknown stands among what is known
 */
export function planMigrations(
  known: readonly Migration[],
  done: readonly string[],
): MigrationPlan {
  const latest = Math.max(0, ...known.map(({ id }) => parseNumber(id)));
  const unknown = done.filter((id) => known.every((migration) => migration.id !== id));
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
