import { Gauge, type Registry } from 'prom-client';
import type { Judgement } from '../../../shared/ledger/judging/following/judgement.ts';

const STATUSES = ['ok', 'broken', 'stale'] as const;

/** Gauges of the verdict that a worker keeps up to date. */
export interface VerdictGauges {
  show(judgement: Judgement | undefined): void;
}

export function createVerdictGauges(registry: Registry): VerdictGauges {
  const registers = [registry];
  const ABSENT = 'Absent while MongoDB does not answer.';
  const status = new Gauge({
    name: 'lastunit_verdict',
    help: `Verdict that a worker keeps up to date: 1 for its status, 0 for the others. ${ABSENT}`,
    labelNames: ['status'],
    registers,
  });
  const faults = new Gauge({
    name: 'lastunit_verdict_faults',
    help: `Variants, discounts, orders and checkouts whose record is contradictory. ${ABSENT}`,
    registers,
  });
  const age = new Gauge({
    name: 'lastunit_verdict_age_seconds',
    help:
      'Time since the moment up to which all changes have been judged. Absent while MongoDB does ' +
      'not answer, and before the first verdict.',
    registers,
  });
  return {
    show: (judgement) => {
      status.reset();
      faults.remove();
      age.remove();
      if (judgement === undefined) return;
      for (const name of STATUSES) status.set({ status: name }, name === judgement.status ? 1 : 0);
      faults.set(judgement.faultCount);
      if (judgement.ageMs !== null) age.set(judgement.ageMs / 1_000);
    },
  };
}
