import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../shared/runtime/env.ts';
import { ROUTES } from './routes.ts';

/** A handler of this length fits on a screen. */
const HANDLER_LINES_MAX = 25;

/** Handlers may pass these on to functions, but may not use them directly. */
const BACKENDS: readonly string[] = ['store', 'ledger', 'queue', 'redis'];

/** The file name of a handler: the method and the subject, or the subject of several routes. */
const HANDLER_FILE = /^((get|post|put|patch|delete)-[a-z-]+|[a-z-]+-routes)\.ts$/;

const files = globSync('api/**/*.ts', { cwd: projectRoot })
  .filter((path) => !/\.test\.ts$|\/testing\//.test(path))
  .map((path) => parse(path, readFileSync(`${projectRoot}/${path}`, 'utf8')))
  .map((source) => ({ source, path: source.fileName, handlers: handlersIn(source) }))
  .filter(({ handlers }) => handlers.length > 0);

test('every route of the table is checked, and its file is named after it', () => {
  expect(files.flatMap(({ handlers }) => handlers)).toHaveLength(ROUTES.length);
  const others = files.filter(({ path }) => !HANDLER_FILE.test(basename(path)));
  expect(others.map(({ path }) => path)).toEqual([]);
});

describe.each(files)('$path', ({ source, handlers }) => {
  test('its handlers fit on a screen', () => {
    for (const handler of handlers) {
      expect(countLines(source, handler)).toBeLessThanOrEqual(HANDLER_LINES_MAX);
    }
  });

  test('it uses no store, ledger, queue or Redis directly', () => {
    expect(findDirectUses(source)).toEqual([]);
  });
});

test.each([
  'await context.store.orders.findOne(which);',
  'await store.orders.findOne(which);',
  'const { orders } = input.context.store;',
  'const { context: { store: { orders } } } = input;',
  'await context.queue.bull.getJob(id);',
  "await context.store['orders'].findOne(which);",
])('finds the direct use in: %s', (text) => {
  expect(findDirectUses(parse('example.ts', text))).toHaveLength(1);
});

test('passing the store to a function is not a direct use', () => {
  const text = 'const { store } = context; await findOrder(store, id); await other(context.store);';
  expect(findDirectUses(parse('example.ts', text))).toEqual([]);
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

/** Returns each place that uses a member of a store, a ledger, a queue or Redis. */
function findDirectUses(source: ts.SourceFile): string[] {
  return nodesIn(source)
    .filter((node) => isDirectUse(node))
    .map((node) => node.getText());
}

function isDirectUse(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    return isBackend(node.expression);
  }
  if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) {
    return node.initializer !== undefined && isBackend(node.initializer);
  }
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.name)) {
    return BACKENDS.includes(node.propertyName?.getText() ?? '');
  }
  return false;
}

/** Whether this is `context.store` or a variable `store`, or the same for the other members. */
function isBackend(node: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(node)) return BACKENDS.includes(node.name.text);
  return ts.isIdentifier(node) && BACKENDS.includes(node.text);
}
