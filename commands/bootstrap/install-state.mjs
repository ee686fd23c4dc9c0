import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectNode } from './node-version.mjs';

/**
 * Returns why `npm ci` must run in this project; undefined if the installed packages fit. In
 * production, as in the image, development packages may be absent.
 */
export function reasonToInstall(root, isProduction = process.env.NODE_ENV === 'production') {
  const locked = packagesIn(join(root, 'package-lock.json'));
  const installed = packagesIn(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return 'nothing is installed yet';
  for (const [path, wanted] of Object.entries(locked ?? {})) {
    if (path === '' || isOptional(wanted)) continue;
    const version = installed[path]?.version;
    if (version === undefined && isProduction && wanted.dev) continue;
    if (version === undefined) return `${toName(path)} is missing`;
    if (version !== wanted.version) {
      return `${toName(path)} is ${version}, package-lock.json says ${wanted.version}`;
    }
  }
  return projectNode(root) ? undefined : 'the Node that runs this project is missing';
}

/** Returns whether the package may be absent because it is for another system. */
function isOptional(entry) {
  return Boolean(entry.optional || entry.devOptional);
}

function toName(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
