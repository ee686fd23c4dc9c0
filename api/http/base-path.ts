import { getPath } from 'hono/utils/url';

/** Returns the path by which a request is routed. */
export type PathReader = (request: Request) => string;

/**
 * Returns the path of `PUBLIC_URL`, e.g. `/shop`, under which a proxy serves the API; empty if
 * none.
 */
export function readBasePath(publicUrl: string | undefined): string {
  if (publicUrl === undefined) return '';
  const { pathname } = new URL(publicUrl);
  return pathname === '/' ? '' : pathname;
}

/** Removes the base path from the start of a path, for proxies that do not strip it. */
export function withoutBasePath(path: string, basePath: string): string {
  if (basePath === '' || !path.startsWith(basePath)) return path;
  const rest = path.slice(basePath.length);
  if (rest === '') return '/';
  return rest.startsWith('/') ? rest : path;
}

/**
 * Returns a path reader that ignores the base path, if a request has it, because only some proxies
 * strip it.
 */
export function createPathReader(basePath: string, read: PathReader = getPath): PathReader {
  if (basePath === '') return read;
  return (request) => withoutBasePath(read(request), basePath);
}
