/**
 * Returns whether one of the patterns matches events of this type. A pattern is a type, `subject.*`
 * for all types of one subject, or `*` for all events.
 */
export function isWanted(patterns: readonly string[], type: string): boolean {
  return patterns.some((pattern) => {
    if (pattern === '*' || pattern === type) return true;
    return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
  });
}
