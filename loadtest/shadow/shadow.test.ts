import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { realFile } from '../../shared/testing/real-data.ts';
import { skipIfMissing } from '../../shared/testing/skip-if-missing.ts';
import { feeds, toCsv, toNdjson } from '../testing/given-feed.ts';
import { brokenRows, givenFile } from '../testing/given-file.ts';
import { type Finding, judgeFeed } from './judge-feed.ts';
import { readFeed } from './read-feed.ts';
import { toFigures, toFirstStock } from './report.ts';

/** Judges the text of a feed. */
async function judge(text: string, name = 'feed.csv', stock?: (sku: string) => number) {
  const { broken, logged } = brokenRows();
  const events = await readFeed(await givenFile(name, text), broken);
  return { ...judgeFeed(events, stock), logged, brokenLines: broken.count };
}

const ids = (findings: readonly Finding[], kind: Finding['kind']) =>
  findings.filter((finding) => finding.kind === kind).map(({ orderId }) => orderId);

test('finds exactly the orders that the shop decided wrongly, in CSV and in NDJSON', async () => {
  const isWrong = fc.integer({ min: 0, max: 3 }).map((number) => number === 0);
  await fc.assert(
    fc.asyncProperty(feeds(isWrong), async ({ lines, oversold, wronglyRefused, delivered }) => {
      const [fromCsv, fromJson] = await Promise.all([
        judge(toCsv(lines)),
        judge(toNdjson(lines), 'feed.ndjson.gz'),
      ]);
      expect(fromCsv.brokenLines + fromJson.brokenLines).toBe(0);
      expect(ids(fromCsv.findings, 'oversold')).toEqual(oversold);
      expect(ids(fromCsv.findings, 'wrongly_refused')).toEqual(wronglyRefused);
      const withoutLines = ({ findings }: typeof fromCsv) =>
        findings.map(({ line: _, ...finding }) => finding);
      expect(withoutLines(fromJson)).toEqual(withoutLines(fromCsv));
      for (const [sku, units] of fromCsv.lastunit.units) {
        expect(units).toBeGreaterThanOrEqual(0);
        expect(units).toBeLessThanOrEqual(delivered.get(sku) ?? 0);
      }
    }),
  );
});

test('decides every order like a shop that makes no mistakes', async () => {
  await fc.assert(
    fc.asyncProperty(feeds(fc.constant(false)), async ({ lines }) => {
      const { accepted, refused, findings, lastunit } = await judge(toCsv(lines));
      expect(findings).toEqual([]);
      const { placed, placedInstead, refusedInstead } = lastunit;
      expect([placed, lastunit.refused, placedInstead, refusedInstead]).toEqual([
        accepted,
        refused,
        0,
        0,
      ]);
    }),
  );
});

test('names of columns and results may have any letter case', async () => {
  const feed = `Time,SKU,Quantity,Result,Order
2026-01-01T10:00:00Z,A,1,Stock,
2026-01-01T10:00:01Z,A,1,Accepted,1
2026-01-01T10:00:02Z,A,1,REFUSED,2
`;
  const { accepted, refused, findings, brokenLines } = await judge(feed);
  expect([accepted, refused, findings, brokenLines]).toEqual([1, 1, [], 0]);
  const line = { Time: '2026-01-01T10:00:00Z', SKU: 'A', Qty: 1, Result: 'Accepted' };
  expect(await judge(JSON.stringify(line), 'feed.ndjson')).toMatchObject({
    accepted: 1,
    brokenLines: 0,
  });
});

test('null counts as missing in NDJSON, so that each line without an order is a separate order', async () => {
  const line = { time: '2026-01-01T10:00:00Z', sku: 'A', quantity: 1, result: null, order: null };
  const feed = `${JSON.stringify(line)}\n${JSON.stringify(line)}\n`;
  expect(await judge(feed, 'feed.ndjson')).toMatchObject({ accepted: 2, brokenLines: 0 });
});

test('reports units, lines and what Lastunit would have done', async () => {
  const feed = `time,sku,quantity,result,order
2026-01-01T10:00:00Z,A,3,stock,
2026-01-01T10:00:01Z,A,2,accepted,1
2026-01-01T10:00:02Z,A,2,accepted,2
2026-01-01T10:00:03Z,A,5,delivery,
2026-01-01T10:00:04Z,A,4,refused,3
2026-01-01T10:00:04Z,A,5,refused,4
`;
  const judgement = await judge(feed);
  expect(judgement.findings).toEqual([
    {
      kind: 'oversold',
      orderId: '2',
      line: 4,
      at: Date.UTC(2026, 0, 1, 10, 0, 2),
      lines: [{ sku: 'A', quantity: 2, free: 1 }],
      units: 1,
    },
    {
      kind: 'wrongly_refused',
      orderId: '3',
      line: 6,
      at: Date.UTC(2026, 0, 1, 10, 0, 4),
      lines: [{ sku: 'A', quantity: 4, free: 4 }],
      units: 4,
    },
  ]);
  expect(toFigures(judgement, 0)).toMatchObject({
    oversoldUnits: 1,
    wronglyRefusedUnits: 4,
    lastunit: { placed: 2, refused: 2, placedInstead: 1, refusedInstead: 1 },
  });
});

test('a count adds the same units to the accounts of the shop and of Lastunit, or removes them from both', async () => {
  const line = (second: number, rest: string) => `2026-01-01T10:00:0${second}Z,A,${rest}`;
  const feed = ['time,sku,quantity,result', line(0, '5,stock'), line(1, '3,accepted')];
  // Both units that were left are lost, so the shop and Lastunit correctly refuse the order.
  feed.push(line(2, '0,stock'), line(3, '1,refused'), line(4, '1,stock'), line(5, '1,accepted'));
  const { findings, lastunit } = await judge(feed.join('\n'));
  expect(findings).toEqual([]);
  expect(lastunit).toMatchObject({ placed: 2, refused: 1, placedInstead: 0, refusedInstead: 0 });
});

test('sorts by time, and accepts times with and without a zone', async () => {
  const feed = `timestamp,sku,qty,status
2026-01-01 12:00:01+02:00,A,1,accepted
2026-01-01T10:00:02.5,A,1,refused
2026-01-01T10:00:00,A,1,stock
`;
  expect((await judge(feed)).findings).toEqual([]);
});

test('does not judge SKUs whose stock is unknown, unless --stock sets it', async () => {
  const feed = 'time,sku,quantity,result\n2026-01-01,A,2,accepted\n2026-01-01,B,1,refused\n';
  const unknown = await judge(feed);
  expect([[...unknown.unknownSkus], unknown.findings]).toEqual([['A', 'B'], []]);
  const withStock = await judge(feed, 'feed.csv', () => 1);
  expect(withStock.findings.map(({ kind }) => kind)).toEqual(['oversold', 'wrongly_refused']);
});

test('a delivery does not count as the whole stock of a SKU that was never counted', async () => {
  const head = 'time,sku,quantity,result,order\n';
  const sold = `${head}2026-01-01,A,1,accepted,1\n2026-01-02,A,3,delivery,\n2026-01-03,A,4,accepted,2\n`;
  const { findings, unknownSkus, lastunit } = await judge(sold);
  expect([findings, [...unknownSkus], lastunit.placed]).toEqual([[], ['A'], 0]);
  const delivered = `${head}2026-01-01,A,3,delivery,\n2026-01-01,B,3,delivery,\n2026-01-02,A,4,accepted,1\n`;
  const unjudged = await judge(delivered);
  expect([unjudged.findings, [...unjudged.unknownSkus]]).toEqual([[], ['A']]);
  expect((await judge(delivered, 'feed.csv', () => 100)).findings).toEqual([]);
  const short = await judge(delivered, 'feed.csv', () => 0);
  expect(short.findings).toMatchObject([{ kind: 'oversold', units: 1 }]);
});

test('cancelling an order from before the first count returns its units to the stock', async () => {
  const feed = `time,sku,quantity,result,order
2026-01-01,A,1,accepted,1
2026-01-02,A,0,stock,
2026-01-03,A,1,cancelled,1
2026-01-04,A,1,accepted,2
`;
  const { findings, lastunit } = await judge(feed);
  expect([findings, lastunit.placed, lastunit.refusedInstead]).toEqual([[], 1, 0]);
});

test.each([
  ['yesterday,A,1,accepted,1', 'the time "yesterday" is not like'],
  ['2026-02-30T10:00:00,A,1,accepted,1', 'the time "2026-02-30T10:00:00" is not like'],
  ['2026-01-01,,1,accepted,1', 'the sku (missing) is not 1 to 128 characters'],
  ['2026-01-01,A,0,accepted,1', 'the quantity "0" is not a whole number from 1 to'],
  ['2026-01-01,A,,stock,1', 'the quantity (missing) is not a whole number from 0'],
  ['2026-01-01,A,1,sold,1', 'the result "sold" is not accepted, refused'],
  ['2026-01-01,A,1,cancelled,', 'a cancelled line needs the id of its order'],
  ['2026-01-01,A,1', 'it has 3 columns, not 5'],
  ['2026-01-01,A,1,refused,7', 'order 7 is both accepted and refused'],
])('reports the broken line %s', async (line, message) => {
  const feed = `time,sku,quantity,result,order\n2026-01-01,A,1,accepted,7\n${line}\n`;
  const { logged, orders } = await judge(feed);
  expect(logged).toEqual([expect.stringContaining(`line 3: ${message}`)]);
  expect(orders).toBe(1);
});

test('a feed that lacks columns or is empty is refused', async () => {
  await expect(judge('when,sku\n')).rejects.toThrow('the header lacks time, quantity');
  await expect(judge('')).rejects.toThrow('is empty');
});

test('reads a feed from a URL, and reports a URL that cannot be read', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/feed') response.end('time,sku,quantity,result\n2026-01-01,A,2,stock\n');
    else response.writeHead(404).end();
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { broken } = brokenRows();
  expect(await readFeed(`${url}/feed`, broken)).toMatchObject([{ kind: 'count', quantity: 2 }]);
  await expect(readFeed(`${url}/none`, broken)).rejects.toThrow('responded with 404');
});

const invoices = realFile('invoices-dev.csv.gz');

test(
  'with the whole demand in stock no retail invoice is oversold; with half of it in stock, many are',
  skipIfMissing(invoices.missing),
  async () => {
    const { broken } = brokenRows();
    const events = await readFeed(invoices.path, broken);
    const exact = toFigures(judgeFeed(events, toFirstStock('exact', events)), broken.count);
    expect(exact).toMatchObject({ brokenLines: 0, oversoldOrders: 0, lastunit: { refused: 0 } });
    expect(exact.lastunit.placed).toBe(exact.orders);
    const half = toFigures(judgeFeed(events, toFirstStock('half', events)), broken.count);
    expect(half.oversoldUnits).toBeGreaterThan(1_000_000);
    expect(half.lastunit.refusedInstead).toBe(half.lastunit.refused);
  },
);
