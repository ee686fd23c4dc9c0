import { expect, test } from 'vitest';
import type { SeenVerdict } from '../system/final-verdict.ts';
import { newRunId } from './progress/run-state.ts';
import { type Tally, tallySchema } from './progress/tally.ts';
import { type ReplayReport, toExitCode, toReportLines } from './report.ts';

const finished = { accepted: 10, placed: 9, rejected: 1, rows: 40 };

function report(tally: Partial<Tally>, verdict?: Partial<SeenVerdict>): ReplayReport {
  const at = new Date();
  return {
    run: {
      runId: newRunId(),
      shopId: 'shp_1',
      startedAt: at,
      savedAt: at,
      isFinished: false,
      done: { before: 10, beyond: [] },
      tally: tallySchema.parse({ ...tally }),
    },
    beginning: 'new',
    playedMs: 2_000,
    left: 10,
    rowsBefore: 0,
    speed: 'max',
    inputs: {
      survey: { invoices: 10, rows: 40, demand: new Map(), firstAt: 0, lastAt: 20_000 },
      brokenRows: 3,
    },
    verdict: verdict && ({ ok: true, accepted: 10, ...verdict } as SeenVerdict),
  };
}

test('reports the invoices, the speed and the outcomes', () => {
  const lines = toReportLines(report({ ...finished, rejections: { out_of_stock: 1 } }, {}));
  expect(lines).toEqual([
    'replayed 10 of 10 invoices with 40 lines in 2.0 s at speed max: 5 checkouts/s, 20 lines/s, 10 times the original speed',
    'accepted 10, placed 9, rejected 1, failed 0; orders confirmed 0, no longer confirmable 0',
    '  rejected as out_of_stock: 1',
    'broken rows skipped: 3',
  ]);
});

test('reports only what this command replayed of a continued run', () => {
  const continued = { ...report(finished, {}), left: 4, rowsBefore: 30 };
  expect(toReportLines(continued)[0]).toBe(
    'replayed 4 of 10 invoices with 10 lines in 2.0 s at speed max: 2 checkouts/s, 5 lines/s',
  );
});

test('reports no speed factor of an interrupted run', () => {
  expect(toReportLines(report({ accepted: 5, rows: 20 }))[0]).toBe(
    'replayed 5 of 10 invoices with 20 lines in 2.0 s at speed max: 3 checkouts/s, 10 lines/s',
  );
});

test.each([
  ['all is well', finished, {}, 0],
  ['the verdict is not ok', finished, { ok: false }, 1],
  ['the database holds fewer checkouts', finished, { accepted: 9 }, 1],
  ['an invoice was refused', { ...finished, refusals: { '422 no': 1 } }, {}, 1],
  ['a confirmation was refused', { ...finished, confirmationRefusals: { '403 no': 1 } }, {}, 1],
  ['the replay was interrupted', finished, undefined, 130],
])('sets the exit code when %s', (_, tally, verdict, code) => {
  const replayReport = report(tally, verdict);
  expect(toExitCode(replayReport)).toBe(code);
  const text = toReportLines(replayReport).join('\n');
  expect(text.includes('NOT OK')).toBe(code === 1);
  expect(text.includes('to continue')).toBe(code === 130);
});
