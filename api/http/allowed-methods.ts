interface MountedRoute {
  readonly method: string;
  /** In Hono's syntax, e.g. `/v1/orders/:id`. */
  readonly path: string;
}

/**
 * Returns a function that lists the methods of a path, sorted; none for an unknown path. The answer
 * to a request with another method contains them in `Allow` (RFC 9110, 15.5.6).
 */
export function createMethodFinder(
  mounted: readonly MountedRoute[],
): (path: string) => readonly string[] {
  const patterns = mounted
    .filter(({ method, path }) => method !== 'ALL' && !path.includes('*'))
    .map(({ method, path }) => ({ method, pattern: toPattern(path) }));
  return (path) => {
    const methods = new Set<string>();
    for (const { method, pattern } of patterns) if (pattern.test(path)) methods.add(method);
    if (methods.has('GET')) methods.add('HEAD');
    if (methods.size > 0) methods.add('OPTIONS');
    return [...methods].sort();
  };
}

function toPattern(path: string): RegExp {
  const segments = path.split('/').map((segment) => {
    return segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${segments.join('/')}$`);
}
