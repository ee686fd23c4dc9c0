/**
 * `npm run bench`: measures checkouts from request to outcome on this machine. The last line is
 * JSON.
 */
import { printHelpIfAsked } from '../../shared/runtime/command-line.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { runAgainst } from './against/run-against.ts';
import { clustersReportAsText, runClustersBench } from './clusters/run-clusters-bench.ts';
import { comparisonAsText } from './compare/compare.ts';
import { drawReportAsText, runDrawBench } from './draw/run-draw-bench.ts';
import { growthReportAsText, runGrowthBench } from './growth/run-growth-bench.ts';
import { importReportAsText, runImportBench } from './import/run-import-bench.ts';
import { hasCpuTimes } from './machine/cpu-times.ts';
import { type BenchOptions, HELP, parseOptions, type SingleMeasurement } from './options.ts';
import { overloadReportAsText, runOverloadBench } from './overload/run-overload-bench.ts';
import { placesReportAsText, runPlacesBench } from './places/run-places-bench.ts';
import { recordsReportAsText, runRecordsBench } from './records/run-records-bench.ts';
import { reportAsMarkdown } from './report/markdown.ts';
import { reportAsText } from './report/table.ts';
import { runBench } from './run-bench.ts';
import { runSearchBench, searchReportAsText } from './search/run-search-bench.ts';
import { runStormBench, stormReportAsText } from './storm/run-storm-bench.ts';
import type { Log } from './system/bench-services.ts';
import { runWatchersBench, watchersReportAsText } from './watchers/run-watchers-bench.ts';

/** A report, and the texts for people that are printed before it. */
interface Measured {
  readonly report: { readonly ok: boolean };
  readonly texts: readonly string[];
}

type Measure = (options: BenchOptions, log: Log) => Promise<Measured>;

/** Runs a bench and describes its report. */
function describing<Report extends { readonly ok: boolean }>(
  bench: (options: BenchOptions, log: Log) => Promise<Report>,
  toText: (report: Report) => string,
): Measure {
  return async (options, log) => {
    const report = await bench(options, log);
    return { report, texts: [toText(report)] };
  };
}

const SINGLE: Readonly<Record<SingleMeasurement, Measure>> = {
  search: describing(withCatalog(runSearchBench), searchReportAsText),
  import: describing(withCatalog(runImportBench), importReportAsText),
  growth: describing(runGrowthBench, growthReportAsText),
  storm: describing(runStormBench, stormReportAsText),
  draw: describing(runDrawBench, drawReportAsText),
  overload: describing(runOverloadBench, overloadReportAsText),
  records: describing(runRecordsBench, recordsReportAsText),
  watchers: describing(runWatchersBench, watchersReportAsText),
  places: describing(runPlacesBench, placesReportAsText),
  clusters: describing(runClustersBench, clustersReportAsText),
};

/** The options have a catalogue whenever the measurement reads one. */
function withCatalog<Report>(
  bench: (options: BenchOptions & { readonly catalog: string }, log: Log) => Promise<Report>,
) {
  return ({ catalog = '', ...options }: BenchOptions, log: Log) =>
    bench({ ...options, catalog }, log);
}

async function measure(args: readonly string[]): Promise<Measured> {
  const options = parseOptions(args);
  const log = (line: string) => console.error(line);
  if (!hasCpuTimes()) throw new Error('the bench needs Linux: it reads CPU times from /proc');
  const { only, against } = options;
  if (only !== undefined) return SINGLE[only](options, log);
  if (against !== undefined) {
    const report = await runAgainst(against, options, log);
    const notes = [...report.disturbance.warnings, ...report.problems];
    return { report, texts: [comparisonAsText(report.figures), ...notes] };
  }
  const report = await runBench(options, log);
  const markdown = options.printsMarkdown ? [reportAsMarkdown(report)] : [];
  return { report, texts: [reportAsText(report), ...markdown] };
}

printHelpIfAsked(HELP);
try {
  const { report, texts } = await measure(process.argv.slice(2));
  for (const text of texts) console.log(`${text}\n`);
  console.log(JSON.stringify(report));
  process.exit(report.ok ? 0 : 1);
} catch (error) {
  console.error(errorMessage(error));
  process.exit(1);
}
