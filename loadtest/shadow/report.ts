import { type StockPlan, unitsPlanned } from '../flag-values.ts';
import type { FeedEvent } from './feed.ts';
import type { Finding, Judgement } from './judge-feed.ts';

/** The figures of a shadow run, in the last line of the output. */
export interface ShadowFigures {
  readonly orders: number;
  readonly accepted: number;
  readonly refused: number;
  readonly oversoldOrders: number;
  readonly oversoldUnits: number;
  readonly wronglyRefusedOrders: number;
  readonly wronglyRefusedUnits: number;
  readonly lastunit: {
    readonly placed: number;
    readonly refused: number;
    readonly placedInstead: number;
    readonly refusedInstead: number;
  };
  readonly skusWithoutStock: number;
  readonly brokenLines: number;
}

/** Returns the figures of a judgement, with the totals of its findings. */
export function toFigures(judgement: Judgement, brokenLines: number): ShadowFigures {
  const { orders, accepted, refused, findings, lastunit, unknownSkus } = judgement;
  const { units: _, ...decisions } = lastunit;
  const [oversoldOrders, oversoldUnits] = count(findings, 'oversold');
  const [wronglyRefusedOrders, wronglyRefusedUnits] = count(findings, 'wrongly_refused');
  return {
    orders,
    accepted,
    refused,
    oversoldOrders,
    oversoldUnits,
    wronglyRefusedOrders,
    wronglyRefusedUnits,
    lastunit: decisions,
    skusWithoutStock: unknownSkus.size,
    brokenLines,
  };
}

function count(findings: readonly Finding[], kind: Finding['kind']): [number, number] {
  const ofKind = findings.filter((finding) => finding.kind === kind);
  return [ofKind.length, ofKind.reduce((sum, { units }) => sum + units, 0)];
}

/** Returns the figures as sentences. */
export function describe(figures: ShadowFigures): string[] {
  const { lastunit } = figures;
  const lines = [
    `The shop accepted ${figures.accepted} and refused ${figures.refused} of ${figures.orders} orders.`,
    `It oversold ${figures.oversoldUnits} units in ${figures.oversoldOrders} orders.`,
    `It refused ${figures.wronglyRefusedOrders} orders of ${figures.wronglyRefusedUnits} units that it had.`,
    `Lastunit would have placed ${lastunit.placed} and refused ${lastunit.refused}. ` +
      `It would have refused ${lastunit.refusedInstead} of the accepted orders ` +
      `and placed ${lastunit.placedInstead} of the refused orders.`,
  ];
  if (figures.skusWithoutStock > 0) {
    lines.push(
      `${figures.skusWithoutStock} SKUs have no stock line before their first order and were not ` +
        'judged; --stock sets their units.',
    );
  }
  return lines;
}

/** Describes a finding in one line. */
export function describeFinding({ kind, orderId, line, at, lines }: Finding): string {
  const time = new Date(at).toISOString();
  const units = lines.map(({ sku, quantity, free }) => `${quantity} of ${sku}, ${free} free`);
  const label = kind === 'oversold' ? 'oversold' : 'wrongly refused';
  return `${label}: ${time} order ${orderId} (line ${line}): ${units.join('; ')}`;
}

/** Returns the units of SKUs without a stock line, according to the option `--stock`. */
export function toFirstStock(
  plan: StockPlan | undefined,
  events: readonly FeedEvent[],
): (sku: string) => number | undefined {
  if (plan === undefined) return () => undefined;
  const demand = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'order') continue;
    for (const { sku, quantity } of event.lines) {
      demand.set(sku, (demand.get(sku) ?? 0) + quantity);
    }
  }
  return (sku) => unitsPlanned(plan, demand.get(sku) ?? 0);
}
