import fc from 'fast-check';

/** A line of a feed as a shop writes it. */
export interface WrittenLine {
  readonly time: string;
  readonly sku: string;
  readonly quantity: number;
  readonly result: 'accepted' | 'refused' | 'cancelled' | 'stock' | 'delivery';
  readonly order?: string;
}

/** A feed, and the orders that its shop decided wrongly. */
export interface GivenFeed {
  readonly lines: readonly WrittenLine[];
  readonly oversold: readonly string[];
  readonly wronglyRefused: readonly string[];
  /** Units that were in stock at first or delivered, by SKU. */
  readonly delivered: ReadonlyMap<string, number>;
}

type Step =
  | { readonly kind: 'order'; readonly units: readonly number[]; readonly isWrong: boolean }
  | { readonly kind: 'delivery'; readonly sku: number; readonly quantity: number }
  | { readonly kind: 'cancel'; readonly pick: number };

const SKUS = 3;
const step = (isWrong: fc.Arbitrary<boolean>): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('order' as const),
        units: fc
          .array(fc.integer({ min: 0, max: 4 }), { minLength: SKUS, maxLength: SKUS })
          .filter((units) => units.some((count) => count > 0)),
        isWrong,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('delivery' as const),
        sku: fc.nat({ max: SKUS - 1 }),
        quantity: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat() }),
    },
  );

/** Generates the feed of a shop that decides some orders wrongly, and lists these orders. */
export function feeds(isWrong: fc.Arbitrary<boolean>): fc.Arbitrary<GivenFeed> {
  const stocks = fc.array(fc.nat({ max: 12 }), { minLength: SKUS, maxLength: SKUS });
  return fc
    .tuple(stocks, fc.array(step(isWrong), { minLength: 1, maxLength: 60 }))
    .map(([stock, steps]) => writeFeed(stock, steps));
}

function writeFeed(stock: readonly number[], steps: readonly Step[]): GivenFeed {
  const free = [...stock];
  const delivered = new Map(stock.map((units, sku) => [`S${sku}`, units]));
  const held: { order: string; units: number[] }[] = [];
  const oversold: string[] = [];
  const wronglyRefused: string[] = [];
  const time = (index: number) => new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString();
  const lines: WrittenLine[] = stock.map((quantity, sku) => {
    return { time: time(0), sku: `S${sku}`, quantity, result: 'stock' };
  });
  for (const [index, current] of steps.entries()) {
    const at = time(index + 1);
    if (current.kind === 'delivery') {
      const { sku, quantity } = current;
      free[sku] = (free[sku] ?? 0) + quantity;
      delivered.set(`S${sku}`, (delivered.get(`S${sku}`) ?? 0) + quantity);
      lines.push({ time: at, sku: `S${sku}`, quantity, result: 'delivery' });
    } else if (current.kind === 'cancel') {
      const [cancelled] = held.splice(current.pick % Math.max(1, held.length), 1);
      for (const [sku, quantity] of (cancelled?.units ?? []).entries()) {
        if (cancelled === undefined || quantity === 0) continue;
        free[sku] = (free[sku] ?? 0) + quantity;
        lines.push({
          time: at,
          sku: `S${sku}`,
          quantity,
          result: 'cancelled',
          order: cancelled.order,
        });
      }
    } else {
      const order = `O${index}`;
      const fits = current.units.every((units, sku) => units === 0 || units <= (free[sku] ?? 0));
      const isAccepted = fits !== current.isWrong;
      if (isAccepted && !fits) oversold.push(order);
      if (!isAccepted && fits) wronglyRefused.push(order);
      if (isAccepted) held.push({ order, units: [...current.units] });
      for (const [sku, quantity] of current.units.entries()) {
        if (quantity === 0) continue;
        if (isAccepted) free[sku] = (free[sku] ?? 0) - quantity;
        const result = isAccepted ? 'accepted' : 'refused';
        lines.push({ time: at, sku: `S${sku}`, quantity, result, order });
      }
    }
  }
  return { lines, oversold, wronglyRefused, delivered };
}

/** Writes a feed as NDJSON. */
export function toNdjson(lines: readonly WrittenLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Writes a feed as CSV. */
export function toCsv(lines: readonly WrittenLine[]): string {
  const rows = lines.map(({ order = '', time, sku, quantity, result }) =>
    [result, time, order, sku, quantity].join(','),
  );
  return `${['result,time,order,sku,quantity', ...rows].join('\n')}\n`;
}
