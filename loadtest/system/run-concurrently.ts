/**
 * Runs `task` for each item, `concurrency` at a time. After the first failure it starts no further
 * task, and throws the failure when the tasks in progress have ended.
 */
export async function runConcurrently<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  concurrency: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const source = iterate(items);
  const failures: unknown[] = [];
  const worker = async () => {
    try {
      for (let next = await source.next(); !next.done; next = await source.next()) {
        if (failures.length > 0) return;
        await task(next.value);
      }
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await source.return();
  if (failures.length > 0) throw failures[0];
}

async function* iterate<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
): AsyncGenerator<Item, void, void> {
  yield* items;
}
