import { z } from '@hono/zod-openapi';
import type { Health, Problem, SeenWorker } from './read-health.ts';

const WORKERS_SHOWN_MAX = 20;

const READY = {
  status: 'ready',
  mongodb: 'ok',
  redis: 'ok',
  problems: [],
  checkouts: { waiting: 3, oldestSeconds: 0.2 },
  workers: {
    working: 1,
    known: 1,
    items: [
      {
        id: 'worker-1',
        state: 'working',
        isStandby: false,
        lastSeenSeconds: 0.5,
        lastBatchSeconds: 0.1,
      },
    ],
  },
};

const dependency = z.enum(['ok', 'unavailable']);
const seconds = z.number().min(0);

const problem = z
  .object({
    part: z.enum(['mongodb', 'redis', 'workers']),
    code: z.string().openapi({ example: 'read_only' }),
    detail: z.string(),
    worker: z
      .string()
      .optional()
      .openapi({ description: 'The id of the worker, if the problem concerns one worker.' }),
  })
  .openapi('ReadinessProblem');

const worker = z
  .object({
    id: z.string(),
    state: z.enum(['working', 'silent', 'failing', 'stuck']),
    lastSeenSeconds: seconds,
    lastTakenSeconds: seconds.optional(),
    lastBatchSeconds: seconds.optional(),
    isStandby: z.boolean().openapi({
      description:
        'Whether other workers settle all partitions and this worker takes over when one of them ends.',
    }),
  })
  .openapi('ReadinessWorker');

/** The body of `/readyz`. */
export const readiness = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable', 'draining']),
    mongodb: dependency,
    redis: dependency,
    problems: z.array(problem),
    checkouts: z
      .object({
        waiting: z.int().openapi({ description: 'Queued checkouts, counted up to 10,000.' }),
        oldestSeconds: seconds.openapi({
          description: 'The age of the oldest queued checkout; 0 if there is none.',
        }),
      })
      .optional()
      .openapi({ description: 'Read from MongoDB; absent while MongoDB does not answer.' }),
    workers: z
      .object({
        working: z.int(),
        known: z.int(),
        items: z
          .array(worker)
          .openapi({ description: 'At most 20 workers; workers with problems come first.' }),
      })
      .optional()
      .openapi({ description: 'Read from MongoDB; absent while MongoDB does not answer.' }),
  })
  .openapi('Readiness', { example: READY });

/** Returns the state of the system for anyone, without hosts and process ids. */
export function presentHealth(health: Health): z.infer<typeof readiness> {
  const { status, problems, backlog, workers } = health;
  const state = (part: Problem['part']) =>
    problems.some((issue) => issue.part === part) ? 'unavailable' : 'ok';
  return {
    status,
    mongodb: state('mongodb'),
    redis: state('redis'),
    problems: problems.map((issue) => ({ ...issue, detail: toDetail(issue) })),
    ...(backlog && {
      checkouts: { waiting: backlog.waiting, oldestSeconds: toSeconds(backlog.oldestMs) },
    }),
    ...(workers && { workers: presentWorkers(workers) }),
  };
}

function presentWorkers(workers: readonly SeenWorker[]) {
  const working = workers.filter(({ state }) => state === 'working');
  const troubled = workers.filter(({ state }) => state !== 'working');
  const shown = [...troubled, ...working].slice(0, WORKERS_SHOWN_MAX);
  return {
    working: working.length,
    known: workers.length,
    items: shown.map(({ id, state, isStandby = false, seenAgoMs, takenAgoMs, committedAgoMs }) => ({
      id,
      state,
      isStandby,
      lastSeenSeconds: toSeconds(seenAgoMs),
      ...(takenAgoMs !== undefined && { lastTakenSeconds: toSeconds(takenAgoMs) }),
      ...(committedAgoMs !== undefined && { lastBatchSeconds: toSeconds(committedAgoMs) }),
    })),
  };
}

function toSeconds(ms: number): number {
  return Math.max(0, Math.round(ms / 100) / 10);
}

const DETAILS: Readonly<Record<Problem['part'], Readonly<Record<string, string>>>> = {
  mongodb: {
    unreachable: 'MongoDB cannot be reached.',
    slow: 'A write to MongoDB was not acknowledged within 3 s.',
    not_writable: 'The MongoDB server is not the primary, or is shutting down.',
    full: "MongoDB's disk is full.",
    refused: 'MongoDB refused a write.',
  },
  redis: {
    unreachable: 'Redis does not answer. Checkouts are accepted and wait.',
    read_only: 'Redis is read-only. Checkouts are accepted and wait.',
    full: 'Redis is out of memory. Checkouts are accepted and wait.',
    cannot_save:
      'Redis cannot save to its disk and refuses writes. Checkouts are accepted and wait.',
    refused: 'Redis refused a write. Checkouts are accepted and wait.',
  },
  workers: {
    none: 'No worker is working. Checkouts are accepted and wait.',
    silent:
      'The worker has sent no heartbeat for 8 s: it was killed, is stopped, or cannot write to MongoDB.',
    failing: 'The worker cannot work with Redis.',
    stuck: 'The worker takes no checkouts, although some have been waiting for 10 s.',
  },
};

function toDetail({ part, code }: Problem): string {
  return DETAILS[part][code] ?? code;
}
