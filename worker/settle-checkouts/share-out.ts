/** The workers and the holders of the partitions, at one moment. */
export interface Holdings {
  /** The ids of the workers that share the partitions, in the order in which they joined. */
  readonly workers: readonly string[];
  /** The holder of each partition; undefined where there is none. */
  readonly holders: readonly (string | undefined)[];
}

/** The partitions that a worker should claim, and those that it should give up. */
export interface Moves {
  readonly claim: readonly number[];
  readonly giveUp: readonly number[];
}

/**
 * Decides what one worker claims and gives up, so that all partitions are shared out evenly. Each
 * worker decides for itself. Workers that see the same holdings claim different partitions, and no
 * partition moves unnecessarily. Workers that joined first get the partitions that cannot be
 * divided evenly, so that a worker that joins takes nothing that would have to be given back.
 */
export function shareOut({ workers, holders }: Holdings, me: string): Moves {
  const rank = workers.indexOf(me);
  if (rank < 0) return { claim: [], giveUp: [] };
  const shareOfRank = (at: number) =>
    Math.floor(holders.length / workers.length) + (at < holders.length % workers.length ? 1 : 0);
  const heldBy = (worker: string) =>
    holders.flatMap((holder, partition) => (holder === worker ? [partition] : []));
  const mine = heldBy(me);
  const missing = (worker: string, at: number) =>
    Math.max(0, shareOfRank(at) - heldBy(worker).length);
  const free = holders.flatMap((holder, partition) => (holder === undefined ? [partition] : []));
  // The earlier workers take the first of the free partitions.
  const from = workers.slice(0, rank).reduce((sum, worker, at) => sum + missing(worker, at), 0);
  return {
    claim: free.slice(from, from + missing(me, rank)),
    giveUp: mine.slice(shareOfRank(rank)),
  };
}
