import { parseArgs } from 'node:util';
import { errorMessage } from '../../shared/runtime/error-message.ts';

/** Measurements that run only with `--only`. */
const ALONE = ['search', 'import'] as const;
type Alone = (typeof ALONE)[number];

/** The options of `npm run bench`. */
export interface BenchOptions {
  readonly isQuick: boolean;
  readonly printsMarkdown: boolean;
  readonly rounds: number;
  readonly connections: number;
  /** Checkouts per round: for HOT and SPREAD, and for HOT with BATCH_MAX=1. */
  readonly checkouts: number;
  readonly singleCheckouts: number;
  readonly warmUpCheckouts: number;
  /** The open loop's checkouts per second, and its seconds per round. */
  readonly rate: number;
  readonly rateSeconds: number;
  /** Operations of each part per round. */
  readonly partOperations: number;
  /** Searches of the measurement `search`; each is sent twice. */
  readonly searchQueries: number;
  /** The time limit of the measurement `import`. */
  readonly importMsMax: number;
  /** The single measurement to run instead of the checkout bench. */
  readonly only?: Alone;
  /** The file whose products are searched or imported. */
  readonly catalog?: string;
  /** The folder for V8 CPU profiles of the API and the worker. */
  readonly profileFolder?: string;
  /** The revision to compare this tree with. */
  readonly against?: string;
  /** How often each revision is measured. */
  readonly pairs: number;
}

/** The command line is invalid. The message names the mistake and the valid values. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The numbers of the full and the quick form, with their minimum and maximum. */
export const NUMBERS = {
  rounds: { full: 5, quick: 1, min: 1, max: 100 },
  connections: { full: 128, quick: 32, min: 1, max: 2_000 },
  checkouts: { full: 10_000, quick: 1_500, min: 1, max: 1_000_000 },
  'single-checkouts': { full: 300, quick: 40, min: 1, max: 100_000 },
  'warm-up': { full: 4_000, quick: 300, min: 1, max: 100_000 },
  rate: { full: 1_000, quick: 200, min: 1, max: 20_000 },
  'rate-seconds': { full: 5, quick: 2, min: 1, max: 600 },
  'part-operations': { full: 10_240, quick: 1_024, min: 256, max: 1_000_000 },
  'search-queries': { full: 2_000, quick: 200, min: 100, max: 1_000_000 },
  'import-ms': { full: 10_000, quick: 10_000, min: 1, max: 1_000_000 },
  pairs: { full: 5, quick: 1, min: 1, max: 100 },
} as const;

const COMPARING = /^--(?:against|pairs)(?:=|$)/;

type NumberFlag = keyof typeof NUMBERS;

export const HELP = `
npm run bench: measures checkouts on this machine and prints a report. The last line is JSON.
It starts its own MongoDB, Redis, APIs and workers in DATA_DIR/bench and removes them afterwards.
It fails if the ledger's verdict is not ok, or if an import or a search takes too long.

  --quick                a short run to check that the bench works; its figures are not meaningful
  --markdown             also prints the report in the format of docs/performance.md
  --rounds N             rounds of all measurements; figures are medians over them (5)
  --connections N        buyers of the closed loops, one connection each (128)
  --checkouts N          checkouts per round, for HOT and for SPREAD (10000)
  --single-checkouts N   checkouts per round with BATCH_MAX=1 (300)
  --warm-up N            checkouts on each system before anything is measured (4000)
  --rate N               checkouts offered per second in the open loop (1000)
  --rate-seconds N       seconds of the open loop per round (5)
  --part-operations N    operations of each part per round (10240)
  --only search          measures searches in the products of --catalog FILE instead
  --search-queries N     searches; each is sent alone and again with others at once (2000)
  --only import          measures the import of the products of --catalog FILE instead
  --import-ms N          time limit of the import in milliseconds (10000)
  --profile FOLDER       writes V8 CPU profiles of the API and the worker to this folder
  --against REV          runs the bench of a git revision and of this tree alternately and compares
                         each figure; both get all other options
  --pairs N              runs of each revision; use at least 5 to detect differences (5)
  --help

npm run bench -- --rounds 3 --rate 2000
npm run bench -- --against v0.1.0 --rounds 2
npm run bench -- --only import --catalog catalog.csv.gz`;

/** @throws UsageError naming the invalid flag */
export function parseOptions(args: readonly string[]): BenchOptions {
  const values = parse(args);
  const isQuick = values.quick === true;
  const number = (flag: NumberFlag): number => {
    const { full, quick, min, max } = NUMBERS[flag];
    const given = values[flag];
    if (given === undefined) return isQuick ? quick : full;
    const value = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new UsageError(`--${flag} must be a whole number from ${min} to ${max}, not '${given}'`);
  };
  const { catalog } = values;
  const only = ALONE.find((each) => each === values.only);
  if (only !== values.only) {
    throw new UsageError(`--only must be ${ALONE.join(' or ')}, not '${values.only}'`);
  }
  if ((only === undefined) !== (catalog === undefined)) {
    const each = ALONE.map((name) => `--only ${name}`).join(' and ');
    throw new UsageError(`${each} need --catalog FILE, and no other measurement takes it`);
  }
  const { against } = values;
  if (against !== undefined && only !== undefined) {
    throw new UsageError('--against compares the whole bench: remove --only');
  }
  return {
    isQuick,
    printsMarkdown: values.markdown === true,
    rounds: number('rounds'),
    connections: number('connections'),
    checkouts: number('checkouts'),
    singleCheckouts: number('single-checkouts'),
    warmUpCheckouts: number('warm-up'),
    rate: number('rate'),
    rateSeconds: number('rate-seconds'),
    partOperations: number('part-operations'),
    searchQueries: number('search-queries'),
    importMsMax: number('import-ms'),
    ...(only !== undefined && { only }),
    ...(catalog !== undefined && { catalog }),
    ...(values.profile !== undefined && { profileFolder: values.profile }),
    ...(against !== undefined && { against }),
    pairs: number('pairs'),
  };
}

/** Returns the arguments for both benches of a comparison: all except --against and --pairs. */
export function argumentsOfBoth(args: readonly string[]): string[] {
  return args.filter((arg, index) => {
    const previous = args[index - 1] ?? '';
    return !COMPARING.test(arg) && !/^--(?:against|pairs)$/.test(previous);
  });
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: flag,
        markdown: flag,
        profile: text,
        rounds: text,
        connections: text,
        checkouts: text,
        'single-checkouts': text,
        'warm-up': text,
        rate: text,
        'rate-seconds': text,
        'part-operations': text,
        'search-queries': text,
        'import-ms': text,
        only: text,
        catalog: text,
        against: text,
        pairs: text,
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(errorMessage(error));
  }
}
