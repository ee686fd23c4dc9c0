/**
 * Returns a filter for the documents with these ids. A single id stands by itself, because the
 * server looks such a document up without planning the query.
 */
export function byIds(ids: readonly string[]): {
  readonly _id: string | { readonly $in: string[] };
} {
  const [id] = ids;
  return { _id: id !== undefined && ids.length === 1 ? id : { $in: [...ids] } };
}

/**
 * Returns the options of a read of these ids that fetch everything at once. By default the server
 * returns 101 documents and waits to be asked for the rest.
 */
export function inOneBatch(ids: { readonly length: number }): { readonly batchSize: number } {
  // One more than there can be: only then the server knows that nothing follows.
  return { batchSize: ids.length + 1 };
}
