interface RetailPlan {
  readonly seed: number;
  readonly skus: number;
  readonly invoices: number;
}

const LINES_MAX = 8;
const UNITS_MAX = 12;
const MINUTES_BETWEEN = 3;

/**
 * Creates a catalogue and invoices as CSV, the same for the same seed. Some SKUs sell far more
 * often than others, some occur twice on an invoice, and some invoices have no customer.
 */
export function givenRetail({ seed, skus, invoices }: RetailPlan) {
  const randomBelow = createRandom(seed);
  const catalog = ['sku,title,unit_price_pence'];
  for (let index = 0; index < skus; index += 1) {
    catalog.push(`S${index},"Thing ${index}, ""boxed""",${50 + index}`);
  }
  const rows = ['invoice_id,timestamp,customer_id,country,sku,quantity'];
  let at = Date.UTC(2010, 11, 1, 8);
  for (let index = 0; index < invoices; index += 1) {
    at += randomBelow(MINUTES_BETWEEN) * 60_000;
    const time = new Date(at).toISOString().slice(0, 19);
    const customer = randomBelow(10) === 0 ? '' : 10_000 + randomBelow(50);
    for (let line = randomBelow(LINES_MAX); line >= 0; line -= 1) {
      const sku = randomBelow(1 + randomBelow(skus));
      rows.push(
        `N${index},${time},${customer},"Nowhere, Isle of",S${sku},${1 + randomBelow(UNITS_MAX)}`,
      );
    }
  }
  return { catalog: `${catalog.join('\n')}\n`, invoices: `${rows.join('\n')}\n` };
}

/** Returns a seeded generator of integers from 0 to below `limit` (Park and Miller). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}
