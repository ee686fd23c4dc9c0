import { readdir, readFile } from 'node:fs/promises';

const NS_PER_MS = 1_000_000;
/** The servers of the run are started by the parent of this test worker. */
const SERVERS = ['mongod', 'redis-server'];

/**
 * Starts to measure how long this process, its children and the servers of the run wait for a CPU.
 * Returns a function that returns this time in ms: the longest wait of a thread in each process,
 * added up; 0 where the system does not count waits. Work that these processes do one after the other
 * was delayed by about this time, for which the machine is the cause and not our code.
 */
export async function measureCpuWaits(): Promise<() => Promise<number>> {
  const before = await readWaits();
  return async () => {
    const after = await readWaits();
    let sum = 0;
    for (const [pid, threads] of after) {
      const longest = Array.from(threads, ([tid, waited]) => {
        return waited - (before.get(pid)?.get(tid) ?? waited);
      });
      sum += Math.max(0, ...longest);
    }
    return sum / NS_PER_MS;
  };
}

type Waits = ReadonlyMap<number, ReadonlyMap<string, number>>;

async function readWaits(): Promise<Waits> {
  const pids = await findProcesses().catch(() => []);
  const entries = pids.map(async (pid) => [pid, await readThreads(pid)] as const);
  return new Map(await Promise.all(entries));
}

async function readThreads(pid: number): Promise<ReadonlyMap<string, number>> {
  const folder = `/proc/${pid}/task`;
  const tids = await readdir(folder).catch(() => []);
  const entries = tids.map(async (tid) => {
    const text = await readFile(`${folder}/${tid}/schedstat`, 'utf8').catch(() => '');
    return [tid, Number(text.split(' ')[1] ?? 0)] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Returns this process, its descendants, and the servers that its parent has started. */
async function findProcesses(): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(names.map(readProcess));
  const children = Map.groupBy(
    processes.filter((info) => info !== undefined),
    ({ parent }) => parent,
  );
  const pids = [process.pid];
  // The list grows while it is read: descendants of descendants follow.
  for (const pid of pids) pids.push(...(children.get(pid) ?? []).map((child) => child.pid));
  const siblings = children.get(process.ppid) ?? [];
  return [...pids, ...siblings.filter(({ name }) => SERVERS.includes(name)).map(({ pid }) => pid)];
}

async function readProcess(pid: string) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [, name = '', parent = ''] = /^\d+ \((.*)\) \S (\d+) /s.exec(text) ?? [];
  return name === '' ? undefined : { pid: Number(pid), name, parent: Number(parent) };
}
