interface Mounted {
  readonly method: string;
  /** In Hono's syntax, e.g. `/v1/orders/:id`. */
  readonly path: string;
}

/**
 * Returns a function that lists the methods of a path in order; none for an unknown path. The
 * answer to a request with another method contains them (RFC 9110, 15.5.6).
 */
export function createMethodFinder(
  mounted: readonly Mounted[],
): (path: string) => readonly string[] {
  const patterns = mounted
    .filter(({ method, path }) => method !== 'ALL' && !path.includes('*'))
    .map(({ method, path }) => ({ method, pattern: toPattern(path) }));
  return (path) => {
    const found = new Set<string>();
    for (const { method, pattern } of patterns) if (pattern.test(path)) found.add(method);
    if (found.has('GET')) found.add('HEAD');
    if (found.size > 0) found.add('OPTIONS');
    return [...found].sort();
  };
}

function toPattern(path: string): RegExp {
  const segments = path.split('/').map((segment) => {
    return segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${segments.join('/')}$`);
}
