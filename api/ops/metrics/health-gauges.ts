import { Gauge, type Registry } from 'prom-client';
import type { Health, SeenWorker } from '../../system/read-health.ts';

const STATES = ['working', 'silent', 'failing', 'stuck'] as const;
const FROM_RECORD = 'Absent while MongoDB does not answer.';

/** Gauges of the last health check. */
export interface HealthGauges {
  show(health: Health): void;
}

export function createHealthGauges(registry: Registry): HealthGauges {
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const redisUp = gauge('lastunit_redis_up', '1 if this process can write to Redis.');
  const mongodbUp = gauge('lastunit_mongodb_up', '1 if this process can write to MongoDB.');
  const problems = new Gauge({
    name: 'lastunit_problems',
    help: '1 for each current problem, by part and code.',
    labelNames: ['part', 'code'],
    registers,
  });
  const queued = gauge(
    'lastunit_checkouts_queued',
    `Checkouts queued in the record, counted up to 10,000. ${FROM_RECORD}`,
  );
  const oldest = gauge(
    'lastunit_checkouts_oldest_seconds',
    `Age of the oldest queued checkout; 0 without any. ${FROM_RECORD}`,
  );
  const workers = createWorkerGauges(registry);
  return {
    show: (health) => {
      const isUp = (part: string) =>
        health.problems.some((problem) => problem.part === part) ? 0 : 1;
      redisUp.set(isUp('redis'));
      mongodbUp.set(isUp('mongodb'));
      problems.reset();
      for (const { part, code } of health.problems) problems.set({ part, code }, 1);
      setOrRemove(queued, health.backlog?.waiting);
      setOrRemove(oldest, health.backlog && health.backlog.oldestMs / 1_000);
      workers(health.workers);
    },
  };
}

/** Sets a gauge. Without a value, removes it: an old value would look like a current one. */
function setOrRemove(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}

type WorkerLabel = 'worker' | 'host' | 'pid';

function createWorkerGauges(registry: Registry): (workers: Health['workers']) => void {
  const registers = [registry];
  const byState = new Gauge({
    name: 'lastunit_workers',
    help: `Known workers by state. ${FROM_RECORD}`,
    labelNames: ['state'],
    registers,
  });
  const age = (name: string, what: string) =>
    new Gauge<WorkerLabel>({
      name: `lastunit_worker_${name}_seconds`,
      help: `Seconds since a worker ${what}. ${FROM_RECORD}`,
      labelNames: ['worker', 'host', 'pid'],
      registers,
    });
  const ages: readonly (readonly [Gauge<WorkerLabel>, keyof SeenWorker])[] = [
    [age('last_seen', 'recorded that it is alive'), 'seenAgoMs'],
    [age('last_taken', 'took a checkout from the queue'), 'takenAgoMs'],
    [age('last_batch', 'committed a batch'), 'committedAgoMs'],
  ];
  return (workers) => {
    byState.reset();
    for (const [gauge] of ages) gauge.reset();
    if (workers === undefined) return;
    for (const state of STATES) {
      byState.set({ state }, workers.filter((worker) => worker.state === state).length);
    }
    for (const worker of workers) {
      const labels = { worker: worker.id, host: worker.host, pid: String(worker.pid) };
      for (const [gauge, field] of ages) {
        const ms = worker[field];
        if (typeof ms === 'number') gauge.set(labels, Math.max(0, ms / 1_000));
      }
    }
  };
}
