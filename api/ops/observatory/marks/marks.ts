import type { AuditAction, AuditRecord } from '../../../../shared/store/collections/audit.ts';
import { REPAIR_ACTOR } from '../../../../shared/store/collections/audit.ts';
import { BOARD_SWITCH } from '../pause/find-switch.ts';

/** How many marks are shown. */
export const MARKS_MAX = 20;

/** An action of operators or a note of a load test, at its time on the charts. */
export interface Mark {
  readonly id: string;
  readonly at: Date;
  readonly text: string;
  /** The name of the operator. */
  readonly by: string;
}

/** The fields of an audit entry that marks need. */
export type MarkEntry = Pick<
  AuditRecord,
  '_id' | 'at' | 'action' | 'actor' | 'target' | 'requestId' | 'detail'
>;

/** Returns the text of the mark of a group of entries; undefined if the group is no mark. */
type Describe = (first: MarkEntry, count: number) => string | undefined;

const DESCRIBE: Readonly<Partial<Record<AuditAction, Describe>>> = {
  'ops.settling_paused': () => 'Settling paused',
  'ops.settling_resumed': () => 'Settling resumed',
  'ops.sale_ended': ({ detail, target }) => `Sale ended: ${detail?.['title'] ?? target}`,
  'ops.demo_sale_started': ({ detail }) => `Demo sale started: ${detail?.['sku']}`,
  'ops.checkout_replayed': (_, count) => `${count} parked ${plural('checkout', count)} replayed`,
  'ops.job_changed': ({ target }) => describeSwitch(target ?? ''),
  'ops.command': ({ actor }, count) =>
    actor.id === REPAIR_ACTOR.id ? `Reconcile: ${count} ${plural('repair', count)}` : undefined,
  'ops.reconciled': ({ detail }) => {
    const repairs = Number(detail?.['repaired']);
    return `Record reconciled: ${repairs} ${plural('repair', repairs)}`;
  },
  'ops.annotated': ({ detail }) => String(detail?.['text']),
};

/** The actions whose entries can be marks. */
export const MARKED_ACTIONS = Object.keys(DESCRIBE);

/** Turns entries into marks, both sorted newest first. The entries of one request are one mark. */
export function toMarks(entries: readonly MarkEntry[]): Mark[] {
  const groups = new Map<string, { readonly first: MarkEntry; count: number }>();
  for (const entry of entries.toReversed()) {
    const group = groups.get(toGroup(entry));
    if (group === undefined) groups.set(toGroup(entry), { first: entry, count: 1 });
    else group.count += 1;
  }
  const marks = [...groups.values()].flatMap(({ first, count }) => {
    const text = DESCRIBE[first.action]?.(first, count);
    return text === undefined ? [] : [{ id: first._id, at: first.at, text, by: first.actor.id }];
  });
  return marks.reverse().slice(0, MARKS_MAX);
}

/** Groups entries by request. Commands have no request: their entries of one minute are a group. */
function toGroup({ action, actor, at, requestId }: MarkEntry): string {
  return `${action} ${requestId ?? `${actor.id} ${at.toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length)}`}`;
}

/** Describes a pause or resumption on the queue board; returns undefined for other changes. */
function describeSwitch(path: string): string | undefined {
  const [, queue, change] = BOARD_SWITCH.exec(path) ?? [];
  if (change === undefined) return undefined;
  const what = queue === undefined ? 'All queues' : `Queue ${queue}`;
  return `${what} ${change}d on the board`;
}

function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}
