import type { Migration } from '../../shared/store/migration.ts';
import type { MigrationRecord } from '../../shared/store/migration-record.ts';

interface Plan {
  readonly done: readonly MigrationRecord[];
  readonly pending: readonly Migration[];
  readonly newer: readonly string[];
}

const STATE_WIDTH = 9;

/** Returns the completed and pending migrations as lines of text. */
export function toTable({ done, pending, newer }: Plan): string {
  const ids = [...done.map((record) => record._id), ...pending.map(({ id }) => id)];
  const width = Math.max(0, ...ids.map((id) => id.length)) + 2;
  const line = (state: string, id: string, text: string) =>
    `${state.padEnd(STATE_WIDTH)}${id.padEnd(width)}${text}`;
  return [
    ...done.map((record) => {
      const origin = newer.includes(record._id) ? 'by a newer version, ' : '';
      return line('done', record._id, origin + describeRecord(record));
    }),
    ...pending.map(({ id, description }) => line('pending', id, description)),
    pending.length === 0 ? 'Nothing is pending.' : `${pending.length} pending.`,
  ].join('\n');
}

function describeRecord({ at, ms, documents }: MigrationRecord): string {
  const when = at.toISOString();
  return ms === undefined ? when : `${when}, in ${ms} ms, ${documents ?? 0} documents changed`;
}
