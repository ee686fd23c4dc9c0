interface Mounted {
  readonly method: string;
  /** As Hono writes it, e.g. `/v1/orders/:id`. */
  readonly path: string;
}

/**
 * Knows which methods a path has (RFC 9110, 15.5.6), for requests that met no route.
 * @returns a function that returns the methods of a path in order, none for an unknown path
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
