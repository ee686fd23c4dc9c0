import { getPath } from 'hono/utils/url';

/** Finds the path that a request is routed by. */
export type PathReader = (request: Request) => string;

/** The path of `PUBLIC_URL`, e.g. `/shop`, under which a proxy shows the API; empty without one. */
export function readBasePath(publicUrl: string | undefined): string {
  if (publicUrl === undefined) return '';
  const { pathname } = new URL(publicUrl);
  return pathname === '/' ? '' : pathname;
}

/** The path without the base path in front, for proxies that leave it there. */
export function withoutBasePath(path: string, basePath: string): string {
  if (basePath === '' || !path.startsWith(basePath)) return path;
  const rest = path.slice(basePath.length);
  if (rest === '') return '/';
  return rest.startsWith('/') ? rest : path;
}

/** Routes requests with and without the base path, so that a proxy may strip it or leave it. */
export function createPathReader(basePath: string, read: PathReader = getPath): PathReader {
  if (basePath === '') return read;
  return (request) => withoutBasePath(read(request), basePath);
}
