/** Restricts an index to the documents that have the field. */
export function ifPresent(field: string) {
  return { partialFilterExpression: { [field]: { $exists: true } } };
}
