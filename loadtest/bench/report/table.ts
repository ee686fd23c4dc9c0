import type { BenchReport, CpuMicros } from './report.ts';
import { PROCESSES } from './report.ts';

/** Rows of cells; the first cell names the row. */
type Rows = readonly (readonly string[])[];

/** Returns the report as text for a terminal. */
export function reportAsText(report: BenchReport): string {
  const sections = toSections(report).map(
    ({ title, head, rows }) => `${title}\n${aligned([head, ...rows])}`,
  );
  const warnings = report.disturbance.warnings.map((warning) => `WARNING: ${warning}`);
  const problems = report.problems.map((problem) => `FAILED: ${problem}`);
  const end = `verdict ${report.ok ? 'ok' : 'NOT OK'}, ${report.seconds.toFixed(0)} s`;
  return [...sections, [...warnings, ...problems, end].join('\n')].join('\n\n');
}

/** One table of the report, independent of its output format. */
export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: Rows;
}

/** Returns all tables of the report in print order. */
export function toSections(report: BenchReport): Section[] {
  return [
    toMachineSection(report),
    toRateSection(report),
    toLatencySection(report),
    toPathSection(report),
    toPartsSection(report),
  ];
}

function toMachineSection({ machine, disturbance }: BenchReport): Section {
  const { cores, cpu, memoryGb, platform, node, mongod, redis } = machine;
  const share = (value: number) => `${(value * 100).toFixed(1)} %`;
  return {
    title: 'The machine',
    head: ['', ''],
    rows: [
      ['cores', `${cores} (${cpu}), ${memoryGb} GB, ${platform}`],
      ['versions', `Node ${node}, MongoDB ${mongod}, Redis ${redis}`],
      ['load before', disturbance.loadBefore.toFixed(2)],
      ['CPU used by others', share(disturbance.foreignShare)],
      ['CPU taken by the host', share(disturbance.stolenShare)],
    ],
  };
}

function toRateSection(report: BenchReport): Section {
  const { hot, spread, single, batchGain, latency, oneRequest, options } = report;
  const row = (name: string, loop: BenchReport['hot']) => [
    name,
    whole(loop.perSecond),
    `${whole(Math.min(...loop.rounds))} to ${whole(Math.max(...loop.rounds))}`,
    ...cpuColumns(loop.cpuMicros, loop.cpuMicrosTotal),
  ];
  const indexing = (
    name: string,
    { indexing: { cpuMicros, cpuMicrosTotal } }: BenchReport['hot'],
  ) => [name, ...['', ''], ...cpuColumns(cpuMicros, cpuMicrosTotal)];
  const awaited = (name: string, loop: BenchReport['oneRequest']) => [
    ...[name, whole(loop.settledPerSecond), ''],
    ...cpuColumns(loop.cpuMicros, loop.cpuMicrosTotal),
  ];
  return {
    title: `Checkouts accepted and settled, ${options.connections} connections, median of ${options.rounds} rounds; CPU in µs per checkout`,
    head: ['', 'a second', 'rounds', ...cpuHead],
    rows: [
      row('HOT, one SKU', hot),
      row('SPREAD, 100 SKUs', spread),
      row('HOT, BATCH_MAX=1', single),
      ['HOT ÷ BATCH_MAX=1', `× ${batchGain.toFixed(1)}`],
      awaited('HOT, offered, outcome awaited by a GET', latency),
      awaited('HOT, offered, outcome awaited by the POST', oneRequest),
      indexing('HOT, later: entries of the search', hot),
      indexing('SPREAD, later: entries of the search', spread),
    ],
  };
}

function toLatencySection({ latency, oneRequest }: BenchReport): Section {
  const row = (name: string, { p50, p90, p99, max }: BenchReport['latency']['outcomeMs']) => [
    name,
    ...[p50, p90, p99, max].map((ms) => ms.toFixed(0)),
  ];
  return {
    title: `HOT at ${whole(latency.offeredPerSecond)} offered a second (${whole(latency.settledPerSecond)} settled), ms since due`,
    head: ['', 'p50', 'p90', 'p99', 'max'],
    rows: [
      row('202 at the client', latency.acceptedMs),
      row('outcome at the client, by a GET', latency.outcomeMs),
      row('outcome at the client, by the POST', oneRequest.outcomeMs),
    ],
  };
}

function toPathSection({ latency, oneRequest }: BenchReport): Section {
  return {
    title: 'Medians of the steps of that time, in ms',
    head: ['', 'by a GET', 'by the POST'],
    rows: latency.path.map(({ name, ms }, index) => [
      ...[name, ms.toFixed(1), oneRequest.path[index]?.ms.toFixed(1) ?? ''],
    ]),
  };
}

function toPartsSection({ parts, limit, hot }: BenchReport): Section {
  const share = (value: number) => `${(value * 100).toFixed(0)} %`;
  return {
    title: 'The parts alone; CPU in µs per operation',
    head: ['', 'a second', '', ...cpuHead],
    rows: [
      ...parts.map((part) => [
        part.name,
        whole(part.perSecond),
        part.isOnPath ? '' : '(not in the sum)',
        ...cpuColumns(part.cpuMicros, part.cpuMicrosTotal),
      ]),
      [
        'limit: cores ÷ their sum',
        whole(limit.perSecond),
        '',
        ...blanks,
        whole(limit.cpuMicrosPerCheckout),
      ],
      ['HOT', whole(hot.perSecond), '', ...blanks, whole(hot.cpuMicrosTotal)],
      ['HOT on all cores', whole(limit.hotOnAllCores)],
      ['HOT ÷ limit', share(limit.share)],
      ['sum ÷ CPU of HOT', share(limit.cpuShare)],
    ],
  };
}

const cpuHead = [...PROCESSES, 'sum'];
const blanks = PROCESSES.map(() => '');

function cpuColumns(cpuMicros: CpuMicros, total: number): string[] {
  return [...PROCESSES.map((name) => whole(cpuMicros[name])), whole(total)];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}

/**
 * Returns the rows as lines: the first column is aligned left, the others right. Omits empty rows.
 */
export function aligned(rows: Rows): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return rows
    .map(line)
    .filter((text) => text.trim() !== '')
    .map((text) => `  ${text}`)
    .join('\n');
}
