import type { BenchReport } from './report.ts';
import { type Section, toSections } from './table.ts';

/** Returns the report in the format of docs/performance.md. */
export function reportAsMarkdown(report: BenchReport): string {
  const { disturbance, ok, at, seconds } = report;
  const warnings = disturbance.warnings.map((warning) => `- ${warning}`);
  return [
    ...toSections(report).map(toTable),
    `Measured on ${at.slice(0, 10)} in ${seconds.toFixed(0)} s. Verdict on all of it: ${ok ? 'ok' : 'not ok'}.`,
    ...(warnings.length > 0 ? [`The machine was not idle:\n\n${warnings.join('\n')}`] : []),
  ].join('\n\n');
}

function toTable({ title, head, rows }: Section): string {
  const line = (cells: readonly string[]) =>
    `| ${head.map((_, column) => cells[column] ?? '').join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [`**${title}**`, '', line(head), line(rule), ...rows.map(line)].join('\n');
}
