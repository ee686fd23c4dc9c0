import type { AuditAction, AuditRecord } from '../../../../shared/store/collections/audit.ts';

/** The actions that pause and resume all partitions. */
export const SETTLING_SWITCHES: readonly AuditAction[] = [
  'ops.settling_paused',
  'ops.settling_resumed',
];

/** The path of a request of the queue board that pauses or resumes one queue, or all of them. */
export const BOARD_SWITCH = /\/api\/queues\/(?:([^/]+)\/)?(pause|resume)$/;

/** A pause or a resumption of queues. */
export interface Switch {
  readonly isPaused: boolean;
  readonly by: string;
  readonly at: Date;
}

type SwitchEntry = Pick<AuditRecord, 'action' | 'actor' | 'at' | 'target'>;

/** Returns the latest switch of one of these queues. `entries` begin with the newest. */
export function findSwitch(
  entries: readonly SwitchEntry[],
  queues: readonly string[],
): Switch | undefined {
  for (const { action, target = '', actor, at } of entries) {
    const [, queue, change] = BOARD_SWITCH.exec(target) ?? [];
    if (queue !== undefined && !queues.includes(queue)) continue;
    const isPaused = action === 'ops.settling_paused' || change === 'pause';
    return { isPaused, by: actor.id, at };
  }
  return undefined;
}
