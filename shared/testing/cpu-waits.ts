import { readdir, readFile } from 'node:fs/promises';

const NS_PER_MS = 1_000_000;
/** Programs of the run's servers, which the parent of this test worker has started. */
const SERVER_PROGRAMS = ['mongod', 'redis-server'];

/** Waits for a CPU in ms: the longest wait of a thread in each process, added up. */
export interface CpuWaits {
  /** Of this process, its descendants (such as a browser) and the servers of the run. */
  readonly allMs: number;
  /** Of this process and the servers. */
  readonly withoutChildrenMs: number;
}

/**
 * Starts to measure how long processes wait for a CPU. Returns a function that returns these times;
 * 0 where the system does not count waits. Work that these processes did one after the other was
 * delayed by about this time. The machine caused the delay, not our code.
 */
export async function measureCpuWaits(): Promise<() => Promise<CpuWaits>> {
  const before = await readWaits();
  return async () => {
    const { descendants, selfAndServers } = await findProcesses().catch(() => NO_PROCESSES);
    const after = await readWaits();
    const sumMs = (pids: readonly number[]) => {
      const waits = pids.map((pid) => longestWait(before.get(pid), after.get(pid)));
      return waits.reduce((sum, wait) => sum + wait, 0) / NS_PER_MS;
    };
    const withoutChildrenMs = sumMs(selfAndServers);
    return { allMs: withoutChildrenMs + sumMs(descendants), withoutChildrenMs };
  };
}

type ThreadWaits = ReadonlyMap<string, number>;

function longestWait(before: ThreadWaits | undefined, after: ThreadWaits = new Map()): number {
  const waits = Array.from(after, ([tid, waited]) => waited - (before?.get(tid) ?? waited));
  return Math.max(0, ...waits);
}

type Waits = ReadonlyMap<number, ThreadWaits>;

async function readWaits(): Promise<Waits> {
  const { descendants, selfAndServers } = await findProcesses().catch(() => NO_PROCESSES);
  const entries = [...selfAndServers, ...descendants].map(
    async (pid) => [pid, await readThreads(pid)] as const,
  );
  return new Map(await Promise.all(entries));
}

async function readThreads(pid: number): Promise<ThreadWaits> {
  const folder = `/proc/${pid}/task`;
  const tids = await readdir(folder).catch(() => []);
  const entries = tids.map(async (tid) => {
    const text = await readFile(`${folder}/${tid}/schedstat`, 'utf8').catch(() => '');
    return [tid, Number(text.split(' ')[1] ?? 0)] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Ids of processes. */
interface Processes {
  /** This process and the servers that its parent has started. */
  readonly selfAndServers: readonly number[];
  /** The descendants of this process. */
  readonly descendants: readonly number[];
}

const NO_PROCESSES: Processes = { selfAndServers: [], descendants: [] };

async function findProcesses(): Promise<Processes> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(names.map(readProcess));
  const byParent = Map.groupBy(
    processes.filter((info) => info !== undefined),
    ({ parent }) => parent,
  );
  const selfAndDescendants = [process.pid];
  // The list grows while it is read: children of children follow.
  for (const pid of selfAndDescendants) {
    selfAndDescendants.push(...(byParent.get(pid) ?? []).map((child) => child.pid));
  }
  const siblings = byParent.get(process.ppid) ?? [];
  const servers = siblings
    .filter(({ name }) => SERVER_PROGRAMS.includes(name))
    .map(({ pid }) => pid);
  return {
    selfAndServers: [process.pid, ...servers],
    descendants: selfAndDescendants.slice(1),
  };
}

async function readProcess(pid: string) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [, name = '', parent = ''] = /^\d+ \((.*)\) \S (\d+) /s.exec(text) ?? [];
  return name === '' ? undefined : { pid: Number(pid), name, parent: Number(parent) };
}
