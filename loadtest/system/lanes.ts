/** Does `task` for each item, `width` at a time; the first failure ends it and is thrown. */
export async function inLanes<Item>(
  items: Iterable<Item>,
  width: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const source = items[Symbol.iterator]();
  let hasFailed = false;
  const lane = async () => {
    for (let next = source.next(); !next.done && !hasFailed; next = source.next()) {
      try {
        await task(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
