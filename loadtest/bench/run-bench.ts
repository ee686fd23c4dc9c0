import { judge } from './measure/judge.ts';
import { measureRounds, warmUp } from './measure/rounds.ts';
import { setStage } from './measure/stage.ts';
import type { BenchOptions } from './options.ts';
import { allSamples, toFigures } from './report/assemble.ts';
import type { BenchReport } from './report/report.ts';
import { type Log, withBenchServices } from './system/bench-services.ts';

/**
 * Runs the checkout bench: starts its systems, measures, takes the verdict and stops the systems.
 * @throws Error if a checkout was not accepted or has no outcome
 */
export function runBench(options: BenchOptions, log: Log): Promise<BenchReport> {
  const startedAt = new Date();
  return withBenchServices(log, async (services) => {
    log('starting two systems, each with an API and a worker');
    const stage = await setStage(services, options.profileFolder);
    try {
      const warmed = await warmUp(stage, options);
      const rounds = await measureRounds(stage, options, log);
      log('taking the verdict');
      const { problems, verdicts } = await judge(stage, rounds, warmed);
      const { machine } = services;
      return {
        at: startedAt.toISOString(),
        ok: problems.length === 0,
        problems,
        options,
        machine,
        disturbance: services.disturbanceIn(allSamples(rounds).map(({ use }) => use)),
        ...toFigures(rounds, machine.cores),
        verdicts,
        seconds: (Date.now() - startedAt.getTime()) / 1_000,
      };
    } finally {
      await stage.close();
    }
  });
}
