import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The Node that can run this bootstrap and the install. */
export const NODE_TO_BEGIN = '20.12.0';

/** The Node that runs the TypeScript itself. */
export const NODE_NEEDED = '24.0.0';

/** Whether version `actual` is `wanted` or newer; both are `major.minor.patch`. */
export function isAtLeast(actual, wanted) {
  const [a, b] = [actual, wanted].map((version) => version.split('.').map(Number));
  const differs = a.findIndex((part, index) => part !== b[index]);
  return differs === -1 || a[differs] > b[differs];
}

/** The path of the Node that the install brought, else our own if it is new enough. */
export function projectNode(root, own = process) {
  const brought = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(brought)) return brought;
  return isAtLeast(own.versions.node, NODE_NEEDED) ? own.execPath : undefined;
}
