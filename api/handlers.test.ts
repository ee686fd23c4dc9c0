import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../shared/runtime/env.ts';
import { ROUTES } from './routes.ts';

/** A handler of this length fits on a screen. */
const HANDLER_LINES_MAX = 25;

/** Handlers may pass these members of the context to functions, but may not use them directly. */
const BACKENDS: readonly string[] = ['store', 'ledger', 'queue', 'redis'];

/**
 * `get-thing.ts` for the handler of one route, or `thing-routes.ts` for the handlers of several.
 */
const HANDLER_FILE = /^((get|post|put|patch|delete)-[a-z-]+|[a-z-]+-routes)\.ts$/;

const files = globSync('api/**/*.ts', { cwd: projectRoot })
  .filter((path) => !/\.test\.ts$|\/testing\//.test(path))
  .map((path) => parse(path, readFileSync(`${projectRoot}/${path}`, 'utf8')))
  .map((source) => ({ source, path: source.fileName, handlers: findHandlers(source) }))
  .filter(({ handlers }) => handlers.length > 0);

test('a handler is found for every route, in a file with a valid name', () => {
  expect(files.flatMap(({ handlers }) => handlers)).toHaveLength(ROUTES.length);
  const misnamed = files.filter(({ path }) => !HANDLER_FILE.test(basename(path)));
  expect(misnamed.map(({ path }) => path)).toEqual([]);
});

describe.each(files)('$path', ({ source, handlers }) => {
  test('handlers fit on a screen', () => {
    for (const handler of handlers) {
      expect(countLines(source, handler)).toBeLessThanOrEqual(HANDLER_LINES_MAX);
    }
  });

  test('no member of a store, ledger, queue or Redis is used directly', () => {
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

function listNodes(node: ts.Node): ts.Node[] {
  const nodes: ts.Node[] = [node];
  ts.forEachChild(node, (child) => {
    nodes.push(...listNodes(child));
  });
  return nodes;
}

/** Returns the second argument of each call `route({…}, handler)`. */
function findHandlers(source: ts.SourceFile): ts.Node[] {
  return listNodes(source).flatMap((node) => {
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
  return listNodes(source)
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

/**
 * Returns whether this is `context.store` or a variable `store`, or the same for another backend.
 */
function isBackend(node: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(node)) return BACKENDS.includes(node.name.text);
  return ts.isIdentifier(node) && BACKENDS.includes(node.text);
}
