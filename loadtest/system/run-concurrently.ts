/** Runs `task` for each item, `concurrency` at a time. Stops at the first failure and throws it. */
export async function runConcurrently<Item>(
  items: Iterable<Item>,
  concurrency: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const source = items[Symbol.iterator]();
  let hasFailed = false;
  const worker = async () => {
    for (let next = source.next(); !next.done && !hasFailed; next = source.next()) {
      try {
        await task(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
