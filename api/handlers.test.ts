import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../shared/runtime/env.ts';
import { ROUTES } from './routes.ts';

/** What a person sees of a handler at once. */
const HANDLER_LINES_MAX = 25;

/** Handed on to a verb at most: what is asked of them is asked in a file of its own. */
const RECORDS: readonly string[] = ['store', 'ledger', 'queue', 'redis'];

/** Where a handler stands: the method, then what it is about. */
const HANDLER_FILE = /^(get|post|put|patch|delete)-[a-z-]+\.ts$/;

/** Files of several routes that belong together. */
const NAMED_OTHERWISE: readonly string[] = [
  'api/access/auth/logout.ts',
  'api/access/auth/sessions.ts',
  'api/system/health.ts',
];

/** Routes that share the handler of another: `products.unpublish` has that of `products.publish`. */
const SHARED_HANDLERS = 1;

const files = globSync('api/**/*.ts', { cwd: projectRoot })
  .filter((path) => !/\.test\.ts$|\/testing\//.test(path))
  .map((path) => parse(path, readFileSync(`${projectRoot}/${path}`, 'utf8')))
  .map((source) => ({ source, path: source.fileName, handlers: handlersIn(source) }))
  .filter(({ handlers }) => handlers.length > 0);

test('every route of the table is looked at, in a file that is named for it', () => {
  expect(files.flatMap(({ handlers }) => handlers)).toHaveLength(ROUTES.length - SHARED_HANDLERS);
  const others = files.filter(({ path }) => !HANDLER_FILE.test(basename(path)));
  expect(others.map(({ path }) => path).sort()).toEqual(NAMED_OTHERWISE);
});

describe.each(files)('$path', ({ source, handlers }) => {
  test('its handlers fit on a screen', () => {
    for (const handler of handlers) {
      expect(countLines(source, handler)).toBeLessThanOrEqual(HANDLER_LINES_MAX);
    }
  });

  test('it asks a verb, not the record', () => {
    expect(questionsIn(source)).toEqual([]);
  });
});

test.each([
  'await context.store.orders.findOne(which);',
  'await store.orders.findOne(which);',
  'const { orders } = input.context.store;',
  'const { context: { store: { orders } } } = input;',
  'await context.queue.bull.getJob(id);',
  "await context.store['orders'].findOne(which);",
])('this would be found: %s', (text) => {
  expect(questionsIn(parse('example.ts', text))).toHaveLength(1);
});

test('to hand the record on to a verb is no question', () => {
  const text = 'const { store } = context; await findOrder(store, id); await other(context.store);';
  expect(questionsIn(parse('example.ts', text))).toEqual([]);
});

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

function nodesIn(node: ts.Node): ts.Node[] {
  const nodes: ts.Node[] = [node];
  ts.forEachChild(node, (child) => {
    nodes.push(...nodesIn(child));
  });
  return nodes;
}

/** The second argument of each `route({…}, handler)`. */
function handlersIn(source: ts.SourceFile): ts.Node[] {
  return nodesIn(source).flatMap((node) => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== 'route') return [];
    return node.arguments.slice(1, 2);
  });
}

function countLines(source: ts.SourceFile, node: ts.Node): number {
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  return lineAt(node.end) - lineAt(node.getStart()) + 1;
}

/** Wherever something is taken out of a store, a ledger, a queue or Redis. */
function questionsIn(source: ts.SourceFile): string[] {
  return nodesIn(source)
    .filter((node) => isTakenOut(node))
    .map((node) => node.getText());
}

function isTakenOut(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    return isRecord(node.expression);
  }
  if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) {
    return node.initializer !== undefined && isRecord(node.initializer);
  }
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.name)) {
    return RECORDS.includes(node.propertyName?.getText() ?? '');
  }
  return false;
}

/** `context.store`, or `store` that was taken from it. */
function isRecord(node: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(node)) return RECORDS.includes(node.name.text);
  return ts.isIdentifier(node) && RECORDS.includes(node.text);
}
