import { glob, readFile, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ROUTES } from '../api/routes.ts';
import { projectRoot } from '../shared/runtime/env.ts';

const DOCUMENTS = ['*.md', 'client/README.md', 'examples/*/README.md', 'docs/**/*.md'];
const LINK = /\]\(([^)#\s]*)(#[\w-]+)?\)/g;
const CALL = /\b(GET|POST|PUT|PATCH|DELETE) (\/(?:v1|ops)\/[\w{}/:-]+)/g;
const SCRIPT = /npm run (?:-s |--silent )?([a-z0-9-]+)/g;
const MANY = 50;

const paths: string[] = [];
for await (const path of glob(DOCUMENTS, { cwd: projectRoot })) paths.push(path);
const documents = new Map<string, string>();
for (const path of paths) documents.set(path, await readFile(join(projectRoot, path), 'utf8'));

/** Returns the anchors of the headings, as GitHub names them, and the ids of `<a id>` elements. */
function listAnchors(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
  const explicit = [...text.matchAll(/<a id="([\w-]+)">/g)].map(([, id = '']) => id);
  return new Set([...headings, ...explicit].map((anchor) => `#${anchor}`));
}

test('links of the documents lead to files and headings that exist', async () => {
  expect(documents.size).toBeGreaterThan(MANY);
  const dead: string[] = [];
  for (const [path, text] of documents) {
    for (const [, link = '', anchor] of text.matchAll(LINK)) {
      if (/^(https?|mailto):/.test(link)) continue;
      const target = link === '' ? path : normalize(join(dirname(path), link));
      const content =
        documents.get(target) ?? (await readFile(join(projectRoot, target)).catch(() => undefined));
      const isFolder = (path: string) =>
        stat(path).then(
          (stats) => stats.isDirectory(),
          () => false,
        );
      const exists = content !== undefined || (await isFolder(join(projectRoot, target)));
      const hasAnchor = anchor === undefined || listAnchors(String(content)).has(anchor);
      if (!exists || !hasAnchor) dead.push(`${path}: ${link}${anchor ?? ''}`);
    }
  }
  expect(dead).toEqual([]);
});

test('calls in the documents are routes of the API', () => {
  const routes = ROUTES.map(({ spec }) => ({
    method: spec.method.toUpperCase(),
    pattern: new RegExp(`^${spec.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }));
  const unknown: string[] = [];
  for (const [file, text] of documents) {
    for (const [call, method, path = ''] of text.matchAll(CALL)) {
      const isKnown = routes.some((route) => route.method === method && route.pattern.test(path));
      if (!isKnown) unknown.push(`${file}: ${call}`);
    }
  }
  expect(unknown).toEqual([]);
});

test('commands in the documents are scripts of the project, and the README lists every script except start and test', async () => {
  const text = await readFile(join(projectRoot, 'package.json'), 'utf8');
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(text));
  const unknown: string[] = [];
  for (const [file, content] of documents) {
    for (const [command, name = ''] of content.matchAll(SCRIPT)) {
      if (scripts[name] === undefined) unknown.push(`${file}: ${command}`);
    }
  }
  expect(unknown).toEqual([]);
  const readme = documents.get('README.md') ?? '';
  const names = Object.keys(scripts).filter((name) => !['start', 'test'].includes(name));
  expect(names.filter((name) => !readme.includes(`\`npm run ${name}`))).toEqual([]);
});
