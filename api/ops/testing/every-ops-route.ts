import { appRoutes } from '@bull-board/api/dist/routes.js';
import { ROUTES } from '../../routes.ts';
import { BOARD_PATH } from '../context.ts';
import type { OpsCall } from './ops-calls.ts';

/** Values for the parameters of paths. */
export interface RouteParameters {
  readonly queueName: string;
  readonly jobId: string;
  readonly checkoutId: string;
}

/**
 * Lists every route for operators. The routes of the queue board come from the package of
 * bull-board, so the list includes routes that later versions of the package add.
 */
export function everyOpsRoute(parameters: RouteParameters): OpsCall[] {
  const values: Record<string, string> = {
    queueName: parameters.queueName,
    jobId: parameters.jobId,
    queueStatus: 'completed',
    schedulerId: 'none',
    id: parameters.checkoutId,
  };
  const fill = (path: string) =>
    path.replace(/:(\w+)|\{(\w+)\}/g, (_, name, other) => values[name ?? other] ?? 'none');
  const ownRoutes = ROUTES.filter(({ spec }) => 'operator' in spec.access).map(({ spec }) => ({
    method: spec.method.toUpperCase(),
    path: fill(spec.path),
  }));
  const pages = toList(appRoutes.entryPoint.route).map((path) => ({ method: 'GET', path }));
  const api = appRoutes.api.flatMap(({ method, route }) =>
    toList(method).flatMap((name) =>
      toList(route).map((path) => ({ method: name.toUpperCase(), path })),
    ),
  );
  const board = [...pages, ...api, { method: 'GET', path: '/static/images/logo.svg' }];
  return [
    ...ownRoutes,
    ...board.map(({ method, path }) => ({ method, path: `${BOARD_PATH}${fill(path)}` })),
    { method: 'GET', path: BOARD_PATH },
    { method: 'GET', path: '/ops' },
    { method: 'GET', path: '/ops/search' },
    { method: 'GET', path: '/ops/feed' },
    { method: 'GET', path: '/ops/assets/observatory.js' },
    { method: 'GET', path: '/ops/assets/nothing-is-here' },
    { method: 'GET', path: '/ops/assets/constructor' },
    { method: 'GET', path: '/ops/nothing-is-here' },
    { method: 'DELETE', path: '/ops/nothing-is-here' },
  ];
}

function toList<Item>(value: Item | readonly Item[]): readonly Item[] {
  return Array.isArray(value) ? value : [value as Item];
}
