import { expect, test } from 'vitest';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();

test('the API reference requires no login and loads nothing from other hosts', async () => {
  const page = await api.anonymous.get<string>('/docs');
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.body).not.toMatch(/https?:|\/\/[a-z]/);
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
  const assets = Array.from(page.body.matchAll(/(?:src|href)="([^":]+)"/g), ([, path]) => path);
  expect(assets).toHaveLength(4);
  for (const path of assets) {
    const asset = await api.anonymous.get<string>(new URL(path ?? '', `${api.url}/docs`).pathname);
    expect([path, asset.status]).toEqual([path, 200]);
    expect(asset.headers.get('x-content-type-options')).toBe('nosniff');
    expect(asset.body.length).toBeGreaterThan(100);
  }
});

test('the script of the API reference loads openapi.json and no validator', async () => {
  const { body } = await api.anonymous.get<string>('/docs/start.js');
  expect(body).toContain("url: 'openapi.json'");
  expect(body).toContain('validatorUrl: null');
  expect(body).not.toMatch(/https?:/);
});

test('the description contains the login of operators and the routes that require it', async () => {
  const { body } = await api.anonymous.get<{
    paths: Record<string, Record<string, { security: unknown }>>;
    components: { securitySchemes: unknown };
  }>('/openapi.json');
  expect(body.components.securitySchemes).toMatchObject({
    operator: { type: 'http', scheme: 'basic' },
  });
  expect(body.paths['/ops/verdict']?.['get']?.security).toEqual([{ operator: [] }]);
  expect(body.paths['/metrics']?.['get']?.security).toEqual([{ operator: [] }]);
  expect(body.paths['/healthz']?.['get']?.security).toEqual([]);
});
