const TICK_MS = 10;

/**
 * Measures how long work takes, excluding the time in which a busy machine did not run this
 * process. Counts the ticks of a timer, which stop while the process does not run. CPU time counts
 * fully, so that work that blocks the event loop is included.
 */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, TICK_MS);
  const before = process.cpuUsage();
  try {
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    return { result, ms: Math.max(ticks * TICK_MS, (user + system) / 1_000) };
  } finally {
    clearInterval(timer);
  }
}
