import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../../shared/runtime/env.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { renderGuideRow } from './error-pages.ts';
import type { EXPLANATIONS } from './explanation.ts';

const api = await openTestApi();

/** Reads the error codes in the OpenAPI document. */
async function readCodes(): Promise<(keyof typeof EXPLANATIONS)[]> {
  const { body } = await api.anonymous.get<{
    components: { schemas: { ProblemCode: { enum: (keyof typeof EXPLANATIONS)[] } } };
  }>('/openapi.json');
  return body.components.schemas.ProblemCode.enum;
}

test('each error code has a page with its cause and its remedy', async () => {
  const codes = await readCodes();
  expect(codes.length).toBeGreaterThan(70);
  const list = await api.anonymous.get<string>('/docs/errors');
  for (const code of codes) {
    const page = await api.anonymous.get<string>(`/docs/errors/${code}`);
    expect([code, page.status]).toEqual([code, 200]);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.body).toContain(`<h1><code>${code}</code></h1>`);
    expect(page.body).toMatch(
      /<h2>When<\/h2>\n<p>.{10,}\.<\/p>\n<h2>What to do<\/h2>\n<p>.{4,}\.<\/p>/,
    );
    expect(page.body).not.toMatch(/https?:|`|\]\(/);
    expect(list.body).toContain(`href="errors/${code}"`);
  }
});

test('the type of a problem is the URL of the page of its code', async () => {
  const { body } = await api.anonymous.get<{ type: string; code: string }>('/v1/orders');
  const page = await fetch(new URL(body.type, `${api.url}/v1/orders`));
  expect(page.status).toBe(200);
  expect(await page.text()).toContain(`<code>${body.code}</code>`);
});

test('the type of a problem begins with the path of PUBLIC_URL, even if no route is reached', async () => {
  const proxied = await openTestApi({ publicUrl: 'https://shop.example/api' });
  const { body } = await proxied.anonymous.get<{ type: string }>('/v1/orders');
  expect(body.type).toBe('/api/docs/errors/unauthenticated');
  const answer = await fetch(`${proxied.url}/v1/orders`, {
    headers: { 'x-padding': 'x'.repeat(20_000) },
  });
  expect(await answer.json()).toMatchObject({ type: '/api/docs/errors/headers_too_large' });
  expect((await proxied.anonymous.get('/api/docs/errors/unauthenticated')).status).toBe(200);
});

test.each(['/docs/errors/no_such_code', '/docs/errors/__proto__', '/docs/errors/not_found/x'])(
  '%s is not found',
  async (path) => {
    expect(await api.anonymous.get(path)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  },
);

test('the error table of the guide has exactly the rows of all codes', async () => {
  const guide = await readFile(join(projectRoot, 'docs', 'api.md'), 'utf8');
  const section = guide.slice(guide.indexOf('## Errors'));
  const rows = section.split('\n').filter((line) => /^\| `\w+` \| \d{3} \|/.test(line));
  expect(rows.toSorted()).toEqual((await readCodes()).map(renderGuideRow).toSorted());
});
