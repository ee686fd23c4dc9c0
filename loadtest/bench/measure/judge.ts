import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import { waitUntilDrained } from '../../../shared/ledger/judging/drain.ts';
import { takeVerdict } from '../../../shared/ledger/judging/verdict.ts';
import type { Store } from '../../../shared/store/store.ts';

/** A database that was worked on, and how many checkouts were accepted there. */
export interface Judged {
  readonly name: string;
  readonly store: Store;
  readonly accepted: number;
}

/** The verdicts on all databases by name, and what is wrong with them. */
export interface Judgement {
  readonly verdicts: Readonly<Record<string, Verdict>>;
  /** In words, whatever is not as it must be: a fast wrong answer is worth nothing. */
  readonly problems: readonly string[];
}

/** Judges the whole record of each database. Stock never ends here, so all must be placed. */
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
      `${name}: ${accepted} were accepted as the client saw it, ` +
        `${verdict.accepted} are on record and ${verdict.placed} of them placed`,
    );
  }
  return { verdicts, problems };
}
