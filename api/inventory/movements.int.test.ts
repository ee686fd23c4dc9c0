import { beforeAll, describe, expect, test } from 'vitest';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import type { Principal } from '../http/principal.ts';
import { givenForSale } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';
import { queryMovements } from './stock-store.ts';

interface Page {
  readonly items: readonly Movement[];
  readonly nextCursor: string | null;
}

interface Movement {
  readonly reason: string;
}

const api = await openTestApi();

describe('the list of movements', () => {
  let variantId: string;
  let path: string;

  beforeAll(async () => {
    ({ variantId } = await givenForSale(api.shopA, { onHand: 0 }));
    path = `/v1/inventory/${variantId}/movements`;
    for (const reason of ['one', 'two', 'three']) {
      await api.shopA.post(`/v1/inventory/${variantId}/adjustments`, { delta: 1, reason });
    }
    // Movements of sales, an hour apart.
    const movements = rawCollection(api.context.store, 'movements');
    const [first] = await movements.find({ variantId }).sort({ version: 1 }).toArray();
    const start = Date.parse('2030-01-01T00:00:00.000Z');
    const sales = Array.from({ length: 6 }, (_, n) => ({
      ...first,
      _id: `mov_${variantId}${n}`,
      kind: n % 2 === 0 ? 'confirm' : 'cancel',
      reason: `sale ${n}`,
      version: 4 + n,
      at: new Date(start + n * 3_600_000),
    }));
    await movements.insertMany(sales);
  });

  async function readReasons(query: string): Promise<string[]> {
    const reasons: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { readonly body: Page } = await api.shopA.get<Page>(
        `${path}?${query}${cursor && `&cursor=${cursor}`}`,
      );
      reasons.push(...page.body.items.map((movement) => movement.reason));
      cursor = page.body.nextCursor;
    }
    return reasons;
  }

  test('can be filtered by kind and by time', async () => {
    expect(await readReasons('limit=2')).toHaveLength(9);
    expect(await readReasons('kind=adjust&limit=2')).toEqual(['three', 'two', 'one']);
    expect(await readReasons('kind=cancel&limit=1')).toEqual(['sale 5', 'sale 3', 'sale 1']);
    const from = 'from=2030-01-01T01:00:00Z';
    expect(await readReasons(`${from}&to=2030-01-01T03:00:00Z&limit=1`)).toEqual([
      'sale 2',
      'sale 1',
    ]);
    expect(await readReasons(`${from}&kind=confirm&limit=5`)).toEqual(['sale 4', 'sale 2']);
    expect(await readReasons('to=2020-01-01T00:00:00Z&limit=5')).toEqual([]);
  });

  test('filtered by adjustments, does not read movements of other kinds', async () => {
    const principal = { kind: 'key', shopId: api.shopA.shopId } as unknown as Principal;
    const page = { limit: 1, below: undefined };
    const filters = { kind: 'adjust' } as const;
    const query = queryMovements(api.context.store, principal, variantId, filters, page);
    const { executionStats } = (await query.explain('executionStats')) as unknown as {
      executionStats: { totalDocsExamined: number };
    };
    expect(executionStats.totalDocsExamined).toBe(2);
  });

  test.each([
    ['kind=theft', 'kind'],
    ['from=yesterday', 'from'],
    ['to=2030-01-01', 'to'],
    ['from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z', 'to'],
    ['limit=101', 'limit'],
    ['cursor=nonsense', 'cursor'],
  ])('refuses ?%s', async (query, field) => {
    expect(await api.shopA.get(`${path}?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path: field }] },
    });
  });

  test('refuses a cursor of other filters', async () => {
    const { body } = await api.shopA.get<Page>(`${path}?limit=1`);
    const answer = await api.shopA.get(`${path}?limit=1&kind=adjust&cursor=${body.nextCursor}`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'cursor' }] } });
  });
});
