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
import { HELP, parseOptions } from './options.ts';
import { overloadReportAsText, runOverloadBench } from './overload/run-overload-bench.ts';
import { placesReportAsText, runPlacesBench } from './places/run-places-bench.ts';
import { recordsReportAsText, runRecordsBench } from './records/run-records-bench.ts';
import { reportAsMarkdown } from './report/markdown.ts';
import { reportAsText } from './report/table.ts';
import { runBench } from './run-bench.ts';
import { runSearchBench, searchReportAsText } from './search/run-search-bench.ts';
import { runStormBench, stormReportAsText } from './storm/run-storm-bench.ts';
import { runWatchersBench, watchersReportAsText } from './watchers/run-watchers-bench.ts';

/** A report, and the texts for people that are printed before it. */
interface Measured {
  readonly report: { readonly ok: boolean };
  readonly texts: readonly string[];
}

async function measure(args: readonly string[]): Promise<Measured> {
  const options = parseOptions(args);
  const log = (line: string) => console.error(line);
  if (!hasCpuTimes()) throw new Error('the bench needs Linux: it reads CPU times from /proc');
  const { only, catalog, against } = options;
  if (against !== undefined) {
    const report = await runAgainst(against, options, log);
    const notes = [...report.disturbance.warnings, ...report.problems];
    return { report, texts: [comparisonAsText(report.figures), ...notes] };
  }
  if (only === 'growth') {
    const report = await runGrowthBench(options, log);
    return { report, texts: [growthReportAsText(report)] };
  }
  if (only === 'storm') {
    const report = await runStormBench(options, log);
    return { report, texts: [stormReportAsText(report)] };
  }
  if (only === 'draw') {
    const report = await runDrawBench(options, log);
    return { report, texts: [drawReportAsText(report)] };
  }
  if (only === 'import' && catalog !== undefined) {
    const report = await runImportBench({ ...options, catalog }, log);
    return { report, texts: [importReportAsText(report)] };
  }
  if (only === 'overload') {
    const report = await runOverloadBench(options, log);
    return { report, texts: [overloadReportAsText(report)] };
  }
  if (only === 'records') {
    const report = await runRecordsBench(options, log);
    return { report, texts: [recordsReportAsText(report)] };
  }
  if (only === 'places') {
    const report = await runPlacesBench(options, log);
    return { report, texts: [placesReportAsText(report)] };
  }
  if (only === 'watchers') {
    const report = await runWatchersBench(options, log);
    return { report, texts: [watchersReportAsText(report)] };
  }
  if (only === 'clusters') {
    const report = await runClustersBench(options, log);
    return { report, texts: [clustersReportAsText(report)] };
  }
  if (catalog !== undefined) {
    const report = await runSearchBench({ ...options, catalog }, log);
    return { report, texts: [searchReportAsText(report)] };
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
