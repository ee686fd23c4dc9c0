/** `npm run bench`: measures the whole road on this machine. The last line is JSON. */
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { comparisonAsText } from './against/compare.ts';
import { runAgainst } from './against/run-against.ts';
import { importReportAsText, runImportBench } from './import/run-import-bench.ts';
import { hasCpuTimes } from './machine/cpu-times.ts';
import { argumentsOfBoth, HELP, parseOptions, UsageError } from './options.ts';
import { reportAsMarkdown } from './report/markdown.ts';
import { reportAsText } from './report/table.ts';
import { runBench } from './run-bench.ts';
import { runSearchBench, searchReportAsText } from './search/run-search-bench.ts';

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(HELP.trim());
    return 0;
  }
  const options = parseOptions(args);
  const log = (line: string) => console.error(line);
  if (!hasCpuTimes()) throw new UsageError('the bench needs Linux: it reads CPU times from /proc');
  const { only, catalog, against, pairs } = options;
  if (against !== undefined) {
    const both = { revision: against, pairs, args: argumentsOfBoth(args) };
    const report = await runAgainst(both, log);
    console.log(`${comparisonAsText(report.figures)}\n\n${JSON.stringify(report)}`);
    return report.ok ? 0 : 1;
  }
  if (only === 'import' && catalog !== undefined) {
    const report = await runImportBench({ ...options, catalog }, log);
    console.log(`${importReportAsText(report)}\n\n${JSON.stringify(report)}`);
    return report.ok ? 0 : 1;
  }
  if (catalog !== undefined) {
    const report = await runSearchBench({ ...options, catalog }, log);
    console.log(`${searchReportAsText(report)}\n\n${JSON.stringify(report)}`);
    return report.ok ? 0 : 1;
  }
  const report = await runBench(options, log);
  console.log(`${reportAsText(report)}\n`);
  if (options.printsMarkdown) console.log(`${reportAsMarkdown(report)}\n`);
  console.log(JSON.stringify(report));
  return report.ok ? 0 : 1;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error(errorMessage(error));
  process.exit(1);
}
