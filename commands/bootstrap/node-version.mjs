import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The oldest Node version that can run this bootstrap and the install. */
export const NODE_MIN = '20.12.0';

/** The oldest Node version that can run the TypeScript itself. */
export const NODE_NEEDED = '24.0.0';

/** Returns whether version `actual` is at least `wanted`; both are `major.minor.patch`. */
export function isAtLeast(actual, wanted) {
  const [a, b] = [actual, wanted].map((version) => version.split('.').map(Number));
  const differs = a.findIndex((part, index) => part !== b[index]);
  return differs === -1 || a[differs] > b[differs];
}

/** Returns the path of the installed Node, or of the running Node if it is new enough. */
export function projectNode(root, own = process) {
  const installed = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(installed)) return installed;
  return isAtLeast(own.versions.node, NODE_NEEDED) ? own.execPath : undefined;
}
