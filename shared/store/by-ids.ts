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
