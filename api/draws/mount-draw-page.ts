import { readFile } from 'node:fs/promises';
import type { Hono } from 'hono';
import { newRequestId } from '../http/request-id.ts';
import { addSecurityHeaders, OWN_FILES_PAGE } from '../http/security-headers.ts';

const readPageFile = (name: string) => readFile(new URL(`page/${name}`, import.meta.url), 'utf8');

/** The files of the page, with their content types. */
const FILES = {
  'draw.html': 'text/html; charset=utf-8',
  'draw.js': 'text/javascript; charset=utf-8',
  'draw.css': 'text/css; charset=utf-8',
} as const;

/**
 * Mounts the page of a draw, `/draws/{id}`. Its script reads the public data of the draw and
 * computes the order of the entries again in the browser. The files are the same for all draws.
 */
export function mountDrawPage(app: Hono): void {
  const send = async (name: keyof typeof FILES) => {
    const headers = new Headers({
      'content-type': FILES[name],
      'content-security-policy': OWN_FILES_PAGE,
      'x-request-id': newRequestId(),
    });
    addSecurityHeaders(headers);
    return new Response(await readPageFile(name), { headers });
  };
  app.get('/draws/assets/draw.js', () => send('draw.js'));
  app.get('/draws/assets/draw.css', () => send('draw.css'));
  app.get('/draws/:id', () => send('draw.html'));
}
