import type { Env } from '../../shared/runtime/env.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { startMongodb } from '../../shared/services/mongodb.ts';
import { canWrite } from '../../shared/services/processes/can-write.ts';
import { untilPortFree } from '../../shared/services/processes/ports.ts';
import { stopAllSpawned, stopSpawned } from '../../shared/services/processes/spawn-service.ts';
import { startRedis } from '../../shared/services/redis.ts';
import type { RunningService } from '../../shared/services/start-server.ts';
import { startPart } from './node-process.ts';
import type { Part } from './parts.ts';
import { type Running, type Supervised, supervise } from './supervise.ts';

/** The time limits for stopping processes. The limit of the API depends on its drain settings. */
const STOP_DEADLINES_MS = { worker: 20_000, redis: 10_000, mongod: 20_000 };
/** The API's time to end after its configured drain time. */
const API_EXTRA_MS = 5_000;
const STRAGGLER_DEADLINE_MS = 5_000;
const PORT_WAIT_MS = 5_000;
/** The roles in the order in which their processes are stopped. */
const ROLES = ['api', 'worker', 'redis', 'mongod'] as const;

type Role = (typeof ROLES)[number];

/** A server that the system uses: its URL, and a text that describes its origin. */
type BackingServer = { url: string; origin: string };

type Hooks = { onRestart: () => Promise<void>; onGiveUp: (why: string) => void; log: Log };

/** The supervised processes of one `npm start`. */
export type System = {
  startServices: () => Promise<{ mongodb: BackingServer; redis: BackingServer }>;
  startPart: (part: Part) => Promise<void>;
  pids: (role: Role) => number[];
  /** Stops all processes in order. Call it again with 0 to stop them at once. */
  stop: (deadlineMs?: number) => Promise<void>;
};

/** Creates a system without running processes. `servers` starts MongoDB and Redis. */
export function createSystem(
  env: Env,
  hooks: Hooks,
  servers = { startMongodb, startRedis },
): System {
  const processes: Record<Role, Supervised[]> = { api: [], worker: [], redis: [], mongod: [] };
  const stopping = new AbortController();
  const isRunning = (role: Role) => processes[role].every(({ pids }) => pids().length > 0);
  /** Servers need disk space; the API and the workers also need the servers. */
  const isEnvironmentSound = async (role: Role): Promise<boolean> => {
    const isPart = role === 'api' || role === 'worker';
    return (
      (await canWrite(env.dataDir)) && (!isPart || (isRunning('mongod') && isRunning('redis')))
    );
  };
  const keep = async <T extends Running>(
    role: Role,
    name: string,
    start: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    stopping.signal.throwIfAborted();
    const first = await start(stopping.signal);
    const countsAsFailure = () => isEnvironmentSound(role);
    processes[role].push(supervise({ ...hooks, name, first, start, countsAsFailure }));
    return first;
  };
  const findOrStart = async (
    role: 'mongod' | 'redis',
    start: typeof startMongodb,
    configuredUrl: string | undefined,
  ): Promise<BackingServer> => {
    if (configuredUrl) return { url: configuredUrl, origin: 'yours, as configured' };
    const running = await keep(role, role, onSamePort(env, role, hooks.log, start));
    return { url: running.url, origin: `${running.version}, ${running.source}` };
  };
  return {
    startServices: async () => ({
      mongodb: await findOrStart('mongod', servers.startMongodb, env.mongodbUrl),
      redis: await findOrStart('redis', servers.startRedis, env.redisUrl),
    }),
    startPart: async (part) => {
      await keep(part.role, part.name, (signal) => startPart(part, signal, hooks.log));
    },
    pids: (role) => processes[role].flatMap((supervised) => supervised.pids()),
    stop: async (deadlineMs) => {
      stopping.abort(new Error('the system is stopping'));
      const stopRole = (role: Role) => {
        const deadline = deadlineMs ?? stopDeadlineMs(env, role);
        return Promise.all(processes[role].map((supervised) => supervised.stop(deadline)));
      };
      // No supervisor may start its process again, nor wait for one that is not ready yet.
      if (deadlineMs === 0) await Promise.all([...ROLES.map(stopRole), stopAllSpawned(0)]);
      for (const role of ROLES) await stopRole(role);
      await stopAllSpawned(deadlineMs ?? STRAGGLER_DEADLINE_MS);
    },
  };
}

function stopDeadlineMs({ drainDelayS, drainTimeoutS }: Env, role: Role): number {
  if (role !== 'api') return STOP_DEADLINES_MS[role];
  return (drainDelayS + drainTimeoutS) * 1_000 + API_EXTRA_MS;
}

/** Returns a function that starts a server, each time on the port of the first start, or fails. */
function onSamePort(
  env: Env,
  name: string,
  log: Log,
  start: typeof startMongodb,
): (signal: AbortSignal) => Promise<RunningService> {
  let port: number | undefined;
  return async (signal) => {
    const { dataDir, cacheDir } = env;
    if (port !== undefined) {
      // A process that did not become ready must not block the next start.
      await stopSpawned(dataDir, name, STRAGGLER_DEADLINE_MS);
      await untilPortFree(port, PORT_WAIT_MS);
      signal.throwIfAborted();
    }
    const running = await start({ dataDir, cacheDir, log, ...(port && { port }) });
    port = running.port;
    return running;
  };
}
