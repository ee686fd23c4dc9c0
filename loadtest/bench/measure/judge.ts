import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import { waitUntilDrained } from '../../../shared/ledger/judging/drain.ts';
import { takeVerdict } from '../../../shared/ledger/judging/verdict.ts';
import { countStored } from './parts.ts';
import type { Rounds, Warmed } from './rounds.ts';
import type { Sample, Stage } from './stage.ts';

/** The verdicts on all databases by name, and the problems found. */
export interface Judgement {
  readonly verdicts: Readonly<Record<string, Verdict>>;
  /** Descriptions of all problems. The bench fails if there are any. */
  readonly problems: readonly string[];
}

/**
 * Judges each database and compares it with the checkouts that the client saw accepted. Stock never
 * runs out in the bench, so every checkout must be placed.
 */
export async function judge(stage: Stage, rounds: Rounds, warmed: Warmed): Promise<Judgement> {
  const { batched, single, partsStore } = stage;
  const { hot, spread, latency, oneRequest, parts } = rounds;
  const databases = [
    {
      ...batched,
      accepted: warmed.batched + sum([...hot, ...spread, ...latency, ...oneRequest]),
    },
    { ...single, accepted: warmed.single + sum(rounds.single) },
    {
      name: 'parts',
      store: partsStore,
      accepted: parts.reduce((total, round) => total + countStored(round), warmed.parts),
    },
  ];
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

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { operations }) => total + operations, 0);
}
