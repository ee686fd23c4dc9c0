import type { SeenVerdict } from '../system/final-verdict.ts';
import type { Speed } from './options.ts';
import type { StoredRun } from './progress/run-state.ts';
import type { ReplayInputs } from './read-inputs.ts';

/** What became of a replay; without a verdict it was interrupted. */
export interface ReplayReport {
  readonly run: StoredRun;
  readonly beginning: 'resume' | 'anew';
  /** How long this command played, in ms. */
  readonly playedMs: number;
  /** Invoices that were left to play, and rows that had been played, when this command began. */
  readonly left: number;
  readonly rowsBefore: number;
  readonly inputs: Pick<ReplayInputs, 'survey' | 'brokenRows'>;
  readonly speed: Speed;
  readonly verdict: SeenVerdict | undefined;
}

const INTERRUPTED = 130;

/** The command's exit code. */
export function toExitCode({ run, verdict }: ReplayReport): number {
  if (verdict === undefined) return INTERRUPTED;
  return findFailures(run, verdict).length === 0 ? 0 : 1;
}

/** In words for people, a line each; the verdict is not among them. */
export function linesOfReport(report: ReplayReport): string[] {
  const { run, inputs, verdict, left } = report;
  const { tally } = run;
  const doneHere = left - (inputs.survey.invoices - (tally.accepted + countRefused(run)));
  const interrupted = verdict === undefined;
  return [
    `played ${doneHere} of ${inputs.survey.invoices} invoices ${formatRate(report, doneHere)}`,
    `accepted ${tally.accepted}, placed ${tally.placed}, rejected ${tally.rejected}, failed ${tally.failed}; ` +
      `orders confirmed ${tally.confirmed}, no longer confirmable ${tally.unconfirmed}`,
    ...formatCounts('rejected as', tally.rejections),
    ...formatCounts('not taken:', tally.refusals),
    `broken rows left out: ${inputs.brokenRows}`,
    ...(interrupted ? ['interrupted: the same command goes on from here'] : []),
    ...(interrupted ? [] : findFailures(run, verdict)),
  ];
}

function formatRate(report: ReplayReport, invoices: number): string {
  const { playedMs, run, left, rowsBefore, inputs, speed } = report;
  const seconds = Math.max(playedMs, 1) / 1_000;
  const rows = run.tally.rows - rowsBefore;
  const { firstAt = 0, lastAt = 0 } = inputs.survey;
  const factor = ((lastAt - firstAt) / Math.max(playedMs, 1)).toFixed(0);
  // Of a run that is continued nobody knows how much time the invoices that were left span.
  const pace = left === inputs.survey.invoices ? `, ${factor} times as fast as it was` : '';
  return (
    `with ${rows} lines in ${seconds.toFixed(1)} s at speed ${speed}: ` +
    `${(invoices / seconds).toFixed(0)} checkouts/s, ${(rows / seconds).toFixed(0)} lines/s${pace}`
  );
}

function countRefused({ tally }: StoredRun): number {
  return Object.values(tally.refusals).reduce((sum, count) => sum + count, 0);
}

function formatCounts(words: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).map(([key, count]) => `  ${words} ${key}: ${count}`);
}

function findFailures(run: StoredRun, verdict: SeenVerdict): string[] {
  const { accepted } = run.tally;
  const refused = countRefused(run);
  return [
    ...(verdict.ok ? [] : ['NOT OK: the verdict finds fault']),
    ...(verdict.accepted < accepted
      ? [`NOT OK: ${accepted} checkouts were accepted, the record knows ${verdict.accepted}`]
      : []),
    ...(refused > 0 ? [`NOT OK: ${refused} invoices were not taken`] : []),
  ];
}
