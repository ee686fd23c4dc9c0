import { parseArgs } from 'node:util';
import { parseWholeNumber } from '../flag-values.ts';

/** Measurements that read a catalogue. */
const WITH_CATALOG = ['search', 'import'] as const;
/** Measurements that run only with `--only`. */
const SINGLE_MEASUREMENTS = [
  ...WITH_CATALOG,
  ...([
    'growth',
    'storm',
    'draw',
    'overload',
    'records',
    'watchers',
    'places',
    'clusters',
  ] as const),
] as const;
export type SingleMeasurement = (typeof SINGLE_MEASUREMENTS)[number];

/** Measurements that compare two systems in alternate rounds. */
type Compared = 'against' | 'clusters';

/**
 * The defaults of a number in the full and the quick form, its minimum and its maximum. A
 * comparison may have its own default in the full form.
 */
interface NumberOption extends Readonly<Partial<Record<Compared, number>>> {
  readonly flag: string;
  readonly full: number;
  readonly quick: number;
  readonly min: number;
  readonly max: number;
}

/** The numbers by their names in `BenchOptions`. */
export const NUMBERS = {
  rounds: { flag: 'rounds', full: 5, quick: 1, min: 1, max: 100 },
  /** Buyers of the closed loops. */
  connections: { flag: 'connections', full: 128, quick: 32, min: 1, max: 2_000 },
  /** Checkouts per round: for HOT and SPREAD, and for HOT with BATCH_MAX=1. */
  checkouts: {
    ...{ flag: 'checkouts', full: 10_000, quick: 1_500, min: 1, max: 1_000_000 },
    ...{ against: 3_000, clusters: 3_000 },
  },
  singleCheckouts: { flag: 'single-checkouts', full: 300, quick: 40, min: 1, max: 100_000 },
  warmUpCheckouts: { flag: 'warm-up', full: 4_000, quick: 300, min: 1, max: 100_000 },
  /** The open loop's checkouts per second, and its seconds per round. */
  rate: { flag: 'rate', full: 1_000, quick: 200, min: 1, max: 20_000 },
  rateSeconds: {
    ...{ flag: 'rate-seconds', full: 5, quick: 2, min: 1, max: 600 },
    ...{ against: 3, clusters: 3 },
  },
  /** Operations of each part per round. */
  partOperations: { flag: 'part-operations', full: 10_240, quick: 1_024, min: 256, max: 1_000_000 },
  /** Searches of the measurement `search`; each is sent twice. */
  searchQueries: { flag: 'search-queries', full: 2_000, quick: 200, min: 100, max: 1_000_000 },
  /** The time limit of the measurement `import`. */
  importMsMax: { flag: 'import-ms', full: 10_000, quick: 10_000, min: 1, max: 1_000_000 },
  /** Buyers and units of each round of the measurement `storm`. */
  stormBuyers: { flag: 'storm-buyers', full: 20_000, quick: 1_500, min: 1, max: 1_000_000 },
  stormUnits: { flag: 'storm-units', full: 500, quick: 50, min: 1, max: 1_000_000 },
  /** Entries and units of the measurement `draw`. */
  drawEntries: { flag: 'draw-entries', full: 100_000, quick: 1_000, min: 1, max: 250_000 },
  drawUnits: { flag: 'draw-units', full: 500, quick: 50, min: 1, max: 10_000 },
  /** Checkouts of each queue of the measurement `places`. */
  queued: { flag: 'queued', full: 5_000, quick: 500, min: 1, max: 100_000 },
  /** Watchers of the measurement `watchers`, and the checkouts of each of its runs. */
  watchers: { flag: 'watchers', full: 20, quick: 3, min: 1, max: 100 },
  watchedCheckouts: {
    flag: 'watched-checkouts',
    full: 30_000,
    quick: 1_500,
    min: 1,
    max: 1_000_000,
  },
  /** The past orders and products of the measurements `growth` and `records`. */
  pastOrders: { flag: 'past-orders', full: 1_000_000, quick: 5_000, min: 1, max: 10_000_000 },
  pastProducts: { flag: 'past-products', full: 100_000, quick: 500, min: 1, max: 1_000_000 },
  /** Gigabytes of MongoDB's cache in the measurement `records`. */
  cacheGb: { flag: 'cache-gb', full: 2, quick: 1, min: 1, max: 1_000 },
  /**
   * The checkouts of the long run of `growth`. It compares memory at its end with memory after a
   * tenth.
   */
  memoryCheckouts: { flag: 'memory-checkouts', full: 0, quick: 0, min: 0, max: 10_000_000 },
  /**
   * Seconds of each flood of the measurement `overload`, and the connections of the second flood.
   */
  overloadSeconds: { flag: 'overload-seconds', full: 60, quick: 3, min: 1, max: 600 },
  overloadConnections: {
    flag: 'overload-connections',
    full: 10_000,
    quick: 1_000,
    min: 1,
    max: 25_000,
  },
  /** Rounds of each system of a comparison, and of each side of the measurement `watchers`. */
  pairs: {
    ...{ flag: 'pairs', full: 5, quick: 1, min: 1, max: 100 },
    ...{ against: 20, clusters: 10 },
  },
} as const satisfies Readonly<Record<string, NumberOption>>;

type Numbers = Readonly<Record<keyof typeof NUMBERS, number>>;

/** The options of `npm run bench`. */
export interface BenchOptions extends Numbers {
  readonly isQuick: boolean;
  readonly printsMarkdown: boolean;
  /** The single measurement to run instead of the checkout bench. */
  readonly only?: SingleMeasurement;
  /** The file whose products are searched or imported. */
  readonly catalog?: string;
  /** The folder for V8 CPU profiles of the API and the worker. */
  readonly profileFolder?: string;
  /** The revision to compare this tree with. */
  readonly against?: string;
}

export const HELP = `
npm run bench: measures checkouts on this machine and prints a report. The last line is JSON.
It starts its own MongoDB, Redis, APIs and workers in DATA_DIR/bench and removes them afterwards.
It exits with 1 if a verdict is not ok, or if a measurement misses a bound that it has.

  --quick                a short run to check that the bench works; its figures are not meaningful
  --markdown             also prints the report in the format of docs/performance.md
  --rounds N             rounds of all measurements; figures are medians over them (5)
  --connections N        buyers of the closed loops, one connection each (128)
  --checkouts N          checkouts per round, for HOT and for SPREAD (10000)
  --single-checkouts N   checkouts per round with BATCH_MAX=1 (300)
  --warm-up N            checkouts on each system before anything is measured (4000); a
                         comparison sends as many for HOT and again for SPREAD
  --rate N               checkouts offered per second in the open loop (1000)
  --rate-seconds N       seconds of the open loop per round (5)
  --part-operations N    operations of each part per round (10240)
  --only search          measures searches in the products of --catalog FILE instead
  --search-queries N     searches; each is sent alone and again concurrently with others (2000)
  --only import          measures the import of the products of --catalog FILE instead
  --import-ms N          time limit of the import in milliseconds (10000)
  --only storm           measures many buyers who want few units instead, each until its final answer
  --storm-buyers N       buyers per round of the storm (20000)
  --storm-units N        units per round of the storm (500)
  --only draw            measures a draw instead: its entries, winners and the rejection of the others
  --draw-entries N       entries of the draw (100000)
  --draw-units N         units of the draw (500)
  --only places          compares the estimates of queued checkouts with the time that they took
  --queued N             checkouts of each queue (5000)
  --only watchers        compares the rate with and without watchers of the observatory instead
  --watchers N           watchers of the observatory (20)
  --watched-checkouts N  checkouts of each run with or without watchers (30000)
  --only growth          compares a database with many past orders and an empty database instead
  --past-orders N        past orders, up to 10000000 (1000000)
  --past-products N      products of the past orders (100000)
  --only records         measures searches of the record with --past-orders N instead
  --cache-gb N           gigabytes of MongoDB's cache in the measurement records (2)
  --memory-checkouts N   for growth: compares memory after N checkouts and after a tenth of them (0)
  --only overload        offers three times the sustained rate instead, over 500 connections and then
                         over --overload-connections
  --overload-connections N  connections of the second flood (10000)
  --overload-seconds N   seconds of each flood (60)
  --only clusters        compares the plain system (1 partition, one MongoDB, one Redis) with each of
                         three others instead: 4 partitions; three members of MongoDB; and three
                         members, three Redis masters and 4 partitions. Rounds alternate as with
                         --against; by default --checkouts 3000, --rate-seconds 3 and --pairs 10;
                         --rounds, --profile and --markdown are not used
  --profile FOLDER       writes V8 CPU profiles of the API and the worker to this folder
  --against REV          compares this tree with a git revision: the API and the worker of each run on
                         the same servers, and short rounds alternate; by default --checkouts 3000,
                         --rate-seconds 3 and --pairs 20; BATCH_MAX=1 and the parts are left out, and
                         --rounds, --profile and --markdown are not used
  --pairs N              rounds of each side of a comparison; use at least 5 to detect differences (5)
  --help

npm run bench -- --rounds 3 --rate 2000
npm run bench -- --against v0.1.0 --pairs 10
npm run bench -- --only import --catalog catalog.csv.gz
npm run bench -- --only storm
npm run bench -- --only clusters --pairs 5`;

const text = { type: 'string' } as const;
const FLAGS = {
  quick: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
  profile: text,
  only: text,
  catalog: text,
  against: text,
} as const;

/** @throws Error naming the invalid flag and the valid values */
export function parseOptions(args: readonly string[]): BenchOptions {
  const numberFlags = Object.values(NUMBERS).map(({ flag }) => [flag, text] as const);
  const options = { ...Object.fromEntries(numberFlags), ...FLAGS };
  const { values } = parseArgs({ args: [...args], options });
  const flagValues: Readonly<Record<string, string | boolean | undefined>> = values;
  const { quick, markdown, profile, catalog, against } = values;
  const only = SINGLE_MEASUREMENTS.find((name) => name === values.only);
  if (only !== values.only) {
    throw new Error(
      `--only must be one of ${SINGLE_MEASUREMENTS.join(', ')}, not '${values.only}'`,
    );
  }
  if (WITH_CATALOG.some((name) => name === only) !== (catalog !== undefined)) {
    const flags = WITH_CATALOG.map((name) => `--only ${name}`).join(' and ');
    throw new Error(`${flags} need --catalog FILE, and no other measurement accepts it`);
  }
  if (against !== undefined && only !== undefined) {
    throw new Error('--against compares only HOT, SPREAD and the open loops: remove --only');
  }
  const compared = against !== undefined ? 'against' : only === 'clusters' ? only : undefined;
  const numbers = Object.entries<NumberOption>(NUMBERS).map(([name, number]) => {
    const { flag, min, max } = number;
    const value = flagValues[flag] ?? (quick ? number.quick : toFullDefault(number, compared));
    return [name, parseWholeNumber(flag, String(value), min, max)];
  });
  return {
    ...(Object.fromEntries(numbers) as Numbers),
    isQuick: quick,
    printsMarkdown: markdown,
    ...(only !== undefined && { only }),
    ...(catalog !== undefined && { catalog }),
    ...(profile !== undefined && { profileFolder: profile }),
    ...(against !== undefined && { against }),
  };
}

function toFullDefault(number: NumberOption, compared: Compared | undefined): number {
  return (compared && number[compared]) ?? number.full;
}
