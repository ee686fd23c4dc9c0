import { expect, test } from 'vitest';
import { findSwitch } from './find-switch.ts';

const board = '/base/ops/queues/api/queues';
const at = new Date(Date.UTC(2030, 0, 1));

/** Returns the audit entry of an operator's change. */
function entry(
  action: 'ops.settling_paused' | 'ops.settling_resumed' | 'ops.job_changed',
  by: string,
  target?: string,
) {
  return { action, at, actor: { kind: 'operator', id: by }, ...(target && { target }) } as const;
}

const paused = (by: string) => entry('ops.settling_paused', by);
const resumed = (by: string) => entry('ops.settling_resumed', by);
const onBoard = (by: string, path: string) => entry('ops.job_changed', by, `${board}${path}`);

test.each([
  ['the newest pause', [paused('ada'), resumed('bob'), paused('eve')], 'ada', true],
  ['a later resumption', [resumed('bob'), paused('ada')], 'bob', false],
  ['a pause of all queues on the board', [onBoard('ada', '/pause'), resumed('bob')], 'ada', true],
  ['a pause of one queue on the board', [onBoard('ada', '/checkouts-1/pause')], 'ada', true],
  [
    'a pause before changes of another partition and of webhooks',
    [onBoard('bob', '/checkouts/resume'), onBoard('eve', '/webhooks/pause'), paused('ada')],
    'ada',
    true,
  ],
])('%s shows who switched a partition last', (_, entries, by, isPaused) => {
  expect(findSwitch(entries, ['checkouts-1', 'checkouts-2'])).toEqual({ by, isPaused, at });
});

test('without a matching entry there is no switch', () => {
  expect(findSwitch([onBoard('eve', '/webhooks/pause')], ['checkouts'])).toBeUndefined();
});
