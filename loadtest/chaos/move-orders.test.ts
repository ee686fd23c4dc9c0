import { expect, test } from 'vitest';
import { SystemUnreachableError } from '../system/api.ts';
import { createChoices } from '../system/choices.ts';
import { fakeApi } from '../testing/fake-api.ts';
import { moveOrders } from './move-orders.ts';

test('goes on moving orders after the system was unreachable', async () => {
  const ending = new AbortController();
  const moves: string[] = [];
  const { api } = fakeApi(({ method, path }) => {
    if (method === 'GET') return { status: 200, body: { items: [{ id: 'ord_1' }] } };
    if (moves.push(path) === 1) throw new SystemUnreachableError('it is unreachable');
    ending.abort();
    return { status: 200, body: {} };
  });
  const log = await moveOrders(api, createChoices(1), ending.signal);
  expect(moves).toHaveLength(2);
  expect(log.confirmed + log.cancelled).toBe(1);
  expect(log.unexpected).toEqual([]);
});
