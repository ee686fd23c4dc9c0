import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import { waitUntilDrained } from '../../../shared/ledger/judging/drain.ts';
import { takeVerdict } from '../../../shared/ledger/judging/verdict.ts';
import type { Store } from '../../../shared/store/store.ts';

/** A database that the bench used, and how many checkouts the client saw accepted there. */
export interface Judged {
  readonly name: string;
  readonly store: Store;
  readonly accepted: number;
}

/** The verdicts on all databases by name, and the problems found. */
export interface Judgement {
  readonly verdicts: Readonly<Record<string, Verdict>>;
  /** Descriptions of everything that is wrong. The bench fails if there are any. */
  readonly problems: readonly string[];
}

/** Judges each database. Stock never runs out in the bench, so every checkout must be placed. */
export async function judge(databases: readonly Judged[]): Promise<Judgement> {
  const verdicts: Record<string, Verdict> = {};
  const problems: string[] = [];
  for (const { name, store, accepted } of databases) {
    const drained = await waitUntilDrained(store);
    const verdict = await takeVerdict(store, { drained: true });
    verdicts[name] = verdict;
    if (!drained || !verdict.ok) problems.push(`${name}: the verdict is not ok`);
    if (verdict.placed === accepted && verdict.accepted === accepted) continue;
    problems.push(
      `${name}: the client saw ${accepted} checkouts accepted, ` +
        `the database holds ${verdict.accepted}, ${verdict.placed} of them placed`,
    );
  }
  return { verdicts, problems };
}
