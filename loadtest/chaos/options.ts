import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { parseNames, parseWholeNumber } from '../flag-values.ts';
import { FAULT_NAMES, type FaultName } from './faults.ts';

/** The options of `npm run chaos`. */
export interface ChaosOptions {
  readonly faults: readonly FaultName[];
  /** How often each fault is caused. */
  readonly rounds: number;
  readonly seed: number;
}

const ROUNDS_MAX = 1_000;
const SEED_MAX = 999_999_999;

export const CHAOS_HELP = `
npm run chaos [-- options]: causes faults while buyers buy, on its own servers in DATA_DIR/chaos: three
members of MongoDB, a Redis, two APIs and two workers. Meanwhile orders are confirmed and cancelled or
expire, and every 5 s stock, orders and movements are compared. After each fault a checkout must be
settled within 60 s. At the end the buyers’ own log is compared with the record. The last line is JSON.
  --rounds N      how often each fault is caused, in random order; 1 by default
  --faults A,B    only these of ${FAULT_NAMES.slice(0, 6).join(', ')},
                  ${FAULT_NAMES.slice(6).join(', ')}
  --seed N        repeats the choices of another campaign, which prints its seed
A fault that was not caused is listed in notRun, with the reason.
Exit codes: 1 if a checkout was lost or duplicated, if the record contradicts itself, if a buyer got an
answer that no fault explains, or if the system did not recover in time; 2 if the campaign could not run;
130 if it was interrupted.`;

/** @throws Error naming the invalid flag and the values that it accepts */
export function readChaosOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '1' },
      faults: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  return {
    faults:
      values.faults === undefined ? FAULT_NAMES : parseNames('faults', values.faults, FAULT_NAMES),
    rounds: parseWholeNumber('rounds', values.rounds, 1, ROUNDS_MAX),
    seed:
      values.seed === undefined
        ? randomInt(SEED_MAX + 1)
        : parseWholeNumber('seed', values.seed, 0, SEED_MAX),
  };
}
