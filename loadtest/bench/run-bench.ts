import { loadNow, measureDisturbance } from './machine/disturbance.ts';
import { describeMachine } from './machine/machine.ts';
import { type Judgement, judge } from './measure/judge.ts';
import { storedBy } from './measure/parts.ts';
import { measureRounds, type Rounds, type Warmed, warmUp } from './measure/rounds.ts';
import type { Sample } from './measure/samples.ts';
import { type Stage, setStage } from './measure/stage.ts';
import type { BenchOptions } from './options.ts';
import { allSamples, toFigures } from './report/assemble.ts';
import type { BenchReport } from './report/report.ts';
import { startBenchServices } from './system/bench-services.ts';

/** Signals that stop the bench. The last one means that the parent process has ended. */
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const;

type Log = (line: string) => void;

/**
 * Starts everything, measures, takes the verdict and stops everything.
 * @throws Error if a checkout was not accepted or has no outcome
 */
export async function runBench(options: BenchOptions, log: Log): Promise<BenchReport> {
  const loadBefore = loadNow();
  const startedAt = new Date();
  const services = await startBenchServices(log);
  const giveUp = () => void services.stop().finally(() => process.exit(1));
  for (const event of ENDS) process.once(event, giveUp);
  try {
    log('starting an API and a worker, twice');
    const stage = await setStage(services, options.profileFolder);
    try {
      const warmed = await warmUp(stage, options);
      const rounds = await measureRounds(stage, options, log);
      log('taking the verdict');
      const judgement = await judgeAll(stage, rounds, warmed);
      const { mongodb, redis } = services;
      const machine = describeMachine({ mongod: mongodb.version, redis: redis.version });
      const uses = allSamples(rounds).map(({ use }) => use);
      return {
        at: startedAt.toISOString(),
        ok: judgement.problems.length === 0,
        problems: judgement.problems,
        options,
        machine,
        disturbance: measureDisturbance(loadBefore, machine.cores, uses),
        ...toFigures(rounds, machine.cores),
        verdicts: judgement.verdicts,
        seconds: (Date.now() - startedAt.getTime()) / 1_000,
      };
    } finally {
      await stage.close();
    }
  } finally {
    await services.stop();
  }
}

/** Each database with the number of checkouts that the client saw accepted. */
async function judgeAll(
  { batched, single, partsStore }: Stage,
  rounds: Rounds,
  warmed: Warmed,
): Promise<Judgement> {
  const sum = (samples: readonly Sample[]) =>
    samples.reduce((total, { operations }) => total + operations, 0);
  return judge([
    {
      name: batched.name,
      store: batched.store,
      accepted: warmed.batched + sum([...rounds.hot, ...rounds.spread, ...rounds.latency]),
    },
    {
      name: single.name,
      store: single.store,
      accepted: warmed.single + sum(rounds.single),
    },
    {
      name: 'parts',
      store: partsStore,
      accepted: rounds.parts.reduce((total, round) => total + storedBy(round), warmed.parts),
    },
  ]);
}
