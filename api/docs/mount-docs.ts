import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Context, Hono } from 'hono';
import { ERROR_CODES } from '../http/problem.ts';
import { newRequestId } from '../http/request-id.ts';
import { addSecurityHeaders, SELF_CONTAINED_PAGE } from '../http/security-headers.ts';
import { renderErrorList, renderErrorPage } from './errors/error-pages.ts';

const require = createRequire(import.meta.url);

const CACHED_S = 3_600;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lastunit API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/reference.css">
</head>
<body>
<div id="reference"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const toPagePath = (name: string) => fileURLToPath(new URL(`page/${name}`, import.meta.url));

/** The files of the reference, by their name in the path. */
const ASSETS = {
  'start.js': { type: 'text/javascript', path: toPagePath('start.js') },
  'reference.css': { type: 'text/css', path: toPagePath('reference.css') },
  'swagger-ui-bundle.js': {
    type: 'text/javascript',
    path: require.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
  },
  'swagger-ui.css': { type: 'text/css', path: require.resolve('swagger-ui-dist/swagger-ui.css') },
} as const;

/**
 * Mounts the API reference, which shows `/openapi.json` and can send requests, and a page for each
 * error. The API serves all files of these pages, so they work without internet access.
 */
export function mountDocs(app: Hono): void {
  app.get('/docs', (c) => send(c, 'text/html', PAGE));
  app.get('/docs/errors', (c) => send(c, 'text/html', renderErrorList()));
  for (const code of ERROR_CODES) {
    app.get(`/docs/errors/${code}`, (c) => send(c, 'text/html', renderErrorPage(code)));
  }
  for (const [name, { type, path }] of Object.entries(ASSETS)) {
    const read = readOnce(path);
    app.get(`/docs/${name}`, async (c) => send(c, type, await read()));
  }
}

/** Returns a function that reads a file once. If the read fails, the next call reads it again. */
function readOnce(path: string): () => Promise<string> {
  let text: string | undefined;
  return async () => {
    text ??= await readFile(path, 'utf8');
    return text;
  };
}

function send(c: Context, type: string, text: string): Response {
  const response = c.body(text, 200, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': SELF_CONTAINED_PAGE,
    'cache-control': `public, max-age=${CACHED_S}`,
    'x-request-id': newRequestId(),
  });
  addSecurityHeaders(response.headers);
  return response;
}
