import { INTERRUPTED } from '../run-load-command.ts';
import type { SeenVerdict } from '../system/final-verdict.ts';
import type { Speed } from './options.ts';
import type { StoredRun } from './progress/run-state.ts';
import type { ReplayInputs } from './read-inputs.ts';

/** The result of a replay. It has no verdict if it was interrupted. */
export interface ReplayReport {
  readonly run: StoredRun;
  readonly beginning: 'resume' | 'new';
  /** How long this command replayed, in ms. */
  readonly playedMs: number;
  /** Invoices left to replay and rows already replayed when this command started. */
  readonly left: number;
  readonly rowsBefore: number;
  readonly inputs: Pick<ReplayInputs, 'survey' | 'brokenRows'>;
  readonly speed: Speed;
  readonly verdict: SeenVerdict | undefined;
}

/** Returns the command's exit code. */
export function toExitCode({ run, verdict }: ReplayReport): number {
  if (verdict === undefined) return INTERRUPTED;
  return findFailures(run, verdict).length === 0 ? 0 : 1;
}

/** Returns the report as lines of text, without the verdict. */
export function toReportLines(report: ReplayReport): string[] {
  const { run, inputs, verdict, left } = report;
  const { tally } = run;
  const doneHere = left - (inputs.survey.invoices - (tally.accepted + sum(tally.refusals)));
  const interrupted = verdict === undefined;
  return [
    `replayed ${doneHere} of ${inputs.survey.invoices} invoices ${formatRate(report, doneHere)}`,
    `accepted ${tally.accepted}, placed ${tally.placed}, rejected ${tally.rejected}, failed ${tally.failed}; ` +
      `orders confirmed ${tally.confirmed}, no longer confirmable ${tally.unconfirmed}`,
    ...formatCounts('rejected as', tally.rejections),
    ...formatCounts('refused with', tally.refusals),
    ...formatCounts('confirmation refused with', tally.confirmationRefusals),
    `broken rows skipped: ${inputs.brokenRows}`,
    ...(interrupted ? ['interrupted: run the same command to continue'] : []),
    ...(interrupted ? [] : findFailures(run, verdict)),
  ];
}

function formatRate(report: ReplayReport, invoices: number): string {
  const { playedMs, run, rowsBefore, inputs, speed } = report;
  const seconds = Math.max(playedMs, 1) / 1_000;
  const rows = run.tally.rows - rowsBefore;
  const { firstAt = 0, lastAt = 0 } = inputs.survey;
  const factor = ((lastAt - firstAt) / Math.max(playedMs, 1)).toFixed(0);
  // The period of the invoices is known only if this command replayed all of them.
  const pace = invoices === inputs.survey.invoices ? `, ${factor} times the original speed` : '';
  return (
    `with ${rows} lines in ${seconds.toFixed(1)} s at speed ${speed}: ` +
    `${(invoices / seconds).toFixed(0)} checkouts/s, ${(rows / seconds).toFixed(0)} lines/s${pace}`
  );
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function formatCounts(words: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).map(([key, count]) => `  ${words} ${key}: ${count}`);
}

function findFailures(run: StoredRun, verdict: SeenVerdict): string[] {
  const { accepted, refusals, confirmationRefusals } = run.tally;
  const refused = sum(refusals);
  const unpaid = sum(confirmationRefusals);
  return [
    ...(verdict.ok ? [] : ['NOT OK: the verdict is not ok']),
    ...(verdict.accepted < accepted
      ? [`NOT OK: ${accepted} checkouts were accepted, but the database holds ${verdict.accepted}`]
      : []),
    ...(refused > 0 ? [`NOT OK: ${refused} invoices were refused`] : []),
    ...(unpaid > 0 ? [`NOT OK: ${unpaid} confirmations were refused`] : []),
  ];
}
