/** One probe: whether all thresholds held at a rate, and if not, which failed. */
export interface Probe {
  readonly rate: number;
  readonly failures: readonly string[];
}

/** The probes of the highest rate that held and of the lowest rate that failed, if any. */
interface BreakPoint {
  readonly held?: Probe;
  readonly broke?: Probe;
}

interface SearchLimits {
  readonly first: number;
  readonly max: number;
  readonly probesMax: number;
}

/** The search ends when the rate that fails is at most this many times the rate that holds. */
const PRECISION = 1.15;

/**
 * Searches for the highest rate that holds: doubles the rate until a probe fails, or halves it
 * until a probe holds if the first probe fails, and then narrows the gap. Sends up to `probesMax`
 * probes.
 */
export async function searchBreakPoint(
  { first, max, probesMax }: SearchLimits,
  probe: (rate: number) => Promise<readonly string[]>,
): Promise<BreakPoint> {
  let held: Probe | undefined;
  let broke: Probe | undefined;
  let rate = Math.min(first, max);
  for (let probes = 0; probes < probesMax; probes += 1) {
    const result = { rate, failures: await probe(rate) };
    if (result.failures.length === 0) held = result;
    else broke = result;
    const next = nextRate(held?.rate, broke?.rate, max);
    if (next === undefined) break;
    rate = next;
  }
  return { ...(held && { held }), ...(broke && { broke }) };
}

/**
 * Describes the result of a search. A search breaks thresholds on purpose, so it fails only if they
 * broke at every rate.
 */
export function judgeSearch({ held, broke }: BreakPoint): {
  readonly figures: readonly string[];
  readonly failures: readonly string[];
} {
  const figures = [
    ...(held ? [`held at ${held.rate} checkouts a second`] : []),
    broke === undefined
      ? 'no rate broke a threshold'
      : `broke at ${broke.rate} checkouts a second: ${broke.failures.join('; ')}`,
  ];
  return { figures, failures: held === undefined ? ['no rate held'] : [] };
}

function nextRate(
  held: number | undefined,
  broke: number | undefined,
  max: number,
): number | undefined {
  if (broke === undefined) {
    const doubled = Math.min(max, (held ?? 1) * 2);
    return doubled === held ? undefined : doubled;
  }
  if (held === undefined) return broke <= 1 ? undefined : Math.floor(broke / 2);
  if (broke <= held * PRECISION || broke - held <= 1) return undefined;
  return Math.round(Math.sqrt(held * broke));
}
