/**
 * Writes each reference that only adds a description as OpenAPI 3.1 lets one: as `$ref` and
 * `description`. The `allOf` that the registry makes of it is refused by some generators of clients
 * where the reference is to an enumeration.
 */
export function withPlainReferences<Part>(part: Part): Part {
  if (Array.isArray(part)) return part.map((each) => withPlainReferences(each)) as Part;
  if (typeof part !== 'object' || part === null) return part;
  const entries = Object.entries(part).map(([name, each]) => [name, withPlainReferences(each)]);
  const { allOf, ...rest } = Object.fromEntries(entries) as { allOf?: readonly object[] };
  if (allOf === undefined) return rest as Part;
  const isPlain = allOf.every((each) => Object.keys(each).every((name) => PLAIN.has(name)));
  return (isPlain ? Object.assign({}, ...allOf, rest) : { allOf, ...rest }) as Part;
}

const PLAIN: ReadonlySet<string> = new Set(['$ref', 'description']);
