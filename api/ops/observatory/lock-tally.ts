import type { ContendedProduct, LockFigures } from './figures.ts';

/** Jobs count if they finished within ten seconds before the last job. */
const KEPT_MS = 10_000;
const PRODUCTS_SHOWN = 5;

/** The fields of a finished job that show how long its checkouts waited. */
export interface FinishedJob {
  readonly finishedAt: Date;
  readonly checkouts: readonly SettledWait[];
}

/** How long a checkout waited for the locks of its batch, and for the commit. */
export interface SettledWait {
  readonly productId: string;
  readonly lockMs: number;
  readonly commitMs: number;
}

interface Waits {
  checkouts: number;
  lockMs: number;
  longestMs: number;
  commitMs: number;
}

/**
 * Counts how long checkouts waited for locks, by product. Locks separate writers of one product, so
 * the product whose checkouts waited longest is the most contended. Without new jobs the figures
 * do not change, so the end of a sale remains visible.
 */
export class LockTally {
  #jobs: FinishedJob[] = [];

  add(jobs: readonly FinishedJob[]): void {
    this.#jobs.push(...jobs);
  }

  /** Returns the waits of the ten seconds before the last finished job; null if there are none. */
  figures(): LockFigures | null {
    const last = Math.max(...this.#jobs.map(({ finishedAt }) => finishedAt.getTime()));
    this.#jobs = this.#jobs.filter(({ finishedAt }) => last - finishedAt.getTime() <= KEPT_MS);
    const overall = newWaits();
    const products = new Map<string, Waits>();
    for (const { checkouts } of this.#jobs) {
      for (const settled of checkouts) {
        const waits = products.get(settled.productId) ?? newWaits();
        products.set(settled.productId, waits);
        addWait(waits, settled);
        addWait(overall, settled);
      }
    }
    if (overall.checkouts === 0) return null;
    return {
      ...toMeans(overall),
      commitMeanMs: overall.commitMs / overall.checkouts,
      contended: Array.from(products, toContended).sort(mostContended).slice(0, PRODUCTS_SHOWN),
    };
  }
}

function newWaits(): Waits {
  return { checkouts: 0, lockMs: 0, longestMs: 0, commitMs: 0 };
}

function addWait(waits: Waits, { lockMs, commitMs }: SettledWait): void {
  waits.checkouts += 1;
  waits.lockMs += lockMs;
  waits.longestMs = Math.max(waits.longestMs, lockMs);
  waits.commitMs += commitMs;
}

function toMeans({ checkouts, lockMs, longestMs }: Waits) {
  return { lockMeanMs: lockMs / checkouts, lockLongestMs: longestMs };
}

function toContended([productId, waits]: readonly [string, Waits]): ContendedProduct {
  return { productId, checkouts: waits.checkouts, ...toMeans(waits) };
}

/** Sorts by the longest total wait, and equal waits by the most checkouts. */
function mostContended(first: ContendedProduct, second: ContendedProduct): number {
  const total = ({ lockMeanMs, checkouts }: ContendedProduct) => lockMeanMs * checkouts;
  return total(second) - total(first) || second.checkouts - first.checkouts;
}
