/**
 * Returns a filter for the documents with these ids. A single id is not put into a list, because
 * the server then finds the document without planning the query.
 */
export function byIds(ids: readonly string[]): {
  readonly _id: string | { readonly $in: string[] };
} {
  const [id] = ids;
  return { _id: id !== undefined && ids.length === 1 ? id : { $in: [...ids] } };
}

/**
 * Returns the options of a read of these ids that fetch everything at once. By default the server
 * returns 101 documents, and the rest on a second request.
 */
export function inOneBatch(ids: { readonly length: number }): { readonly batchSize: number } {
  // One more than can match. With an exactly full batch the server would keep the cursor open.
  return { batchSize: ids.length + 1 };
}
