import { IMPORT_TIMEOUT_MS } from '../../api/catalog/import-export/import-products.ts';
import { EXPORT_MS_MAX } from '../../api/catalog/import-export/stream-file.ts';
import { ERASE_TIMEOUT_MS } from '../../api/orders/erase-buyer.ts';
import { type ApiDocument, listOperations, type Operation } from './operations.ts';

const JSON_TYPE = 'application/json';

/** Operations that change nothing when they are repeated, although their method does not imply that. */
export const REPEATABLE: ReadonlySet<string> = new Set([
  'buyerTokens.create',
  'checkouts.review',
  'checkouts.withdraw',
  'orders.cancel',
  'orders.confirm',
  'orders.deliver',
  'orders.ship',
  'products.publish',
  'products.unpublish',
]);

/** Time for the network, and for what an operation does before its own time begins. */
const EXTRA_MS = 30_000;

/** How long an attempt may take, in ms, for operations that may take longer than most. */
export const LONG_OPERATIONS_MS: Readonly<Record<string, number>> = {
  'buyers.erase': ERASE_TIMEOUT_MS + EXTRA_MS,
  'orders.export': EXPORT_MS_MAX + EXTRA_MS,
  'products.export': EXPORT_MS_MAX + EXTRA_MS,
  'products.import': IMPORT_TIMEOUT_MS + EXTRA_MS,
};

/** Request headers that become options of a call. */
const HEADER_OPTIONS: Readonly<Record<string, string>> = {
  'Idempotency-Key': 'Idempotent',
  'If-Match': 'Conditional',
  Prefer: 'Waiting',
};

/** Returns the source of a module with a class for each resource and a method for each operation. */
export function generateResources(document: ApiDocument): string {
  const byResource = Map.groupBy(listOperations(document), ({ resource }) => resource);
  const names = [...byResource.keys()];
  const queries = [...byResource.values()].flat().filter(({ query }) => query !== 'none');
  return `import type { CallOptions, Conditional, Idempotent, Waiting } from '../http/call-options.ts';
import type { Http } from '../http/http.ts';
import { List } from '../list.ts';
import type * as t from './schema.ts';

${queries.map(declareQuery).join('\n')}

${names.map((name) => declareResource(name, byResource.get(name) ?? [], document)).join('\n\n')}

/** All resources of the API. */
export class Resources {
${names.map((name) => `  readonly ${name}: ${toClass(name)};`).join('\n')}

  constructor(http: Http) {
${names.map((name) => `    this.${name} = new ${toClass(name)}(http);`).join('\n')}
  }
}
`;
}

const capitalize = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
const toClass = (resource: string) => `${capitalize(resource)}Resource`;
const toQueryType = ({ resource, name }: Operation) =>
  `${capitalize(resource)}${capitalize(name)}Query`;

function declareQuery(operation: Operation): string {
  const type = `t.operations['${operation.id}']['parameters']['query']`;
  return `export type ${toQueryType(operation)} = NonNullable<${type}>;`;
}

function declareResource(
  resource: string,
  operations: readonly Operation[],
  document: ApiDocument,
): string {
  return `/** The operations of \`${resource}\`. */
export class ${toClass(resource)} {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

${operations.map((operation) => declareMethod(operation, document)).join('\n\n')}
}`;
}

function declareMethod(operation: Operation, document: ApiDocument): string {
  const { id, method, path, name, hasCursor } = operation;
  const timeoutMs = LONG_OPERATIONS_MS[id];
  const traits = [
    REPEATABLE.has(id) && 'isRepeatable: true',
    operation.headers.has('Idempotency-Key') && 'isKeyed: true',
    isRemoval(operation) && 'isRemoval: true',
    timeoutMs !== undefined && `timeoutMs: ${timeoutMs}`,
  ].filter((trait) => trait !== false);
  const item = hasCursor ? toItem(operation, document) : undefined;
  const call = `this.#http.call(options, {${traits.length > 0 ? ` ${traits.join(', ')} ` : ''}}, (api, init${usesKey(operation) ? ', key' : ''}) =>
      api.${method.toUpperCase()}('${path}', { ${toInit(operation).join(', ')} }),
    )`;
  const signature = `${name}(${toParameters(operation).join(', ')})`;
  if (item === undefined) {
    return `${toComment(operation)}  ${signature}: Promise<${toAnswer(operation)}> {
    return ${call};
  }`;
  }
  return `${toComment(operation)}  ${signature}: List<${item}> {
    const read = (cursor: string | undefined) => ${call};
    return new List(read, query.cursor);
  }`;
}

/** A cancelled discount stays, so it is never `not_found` afterwards. */
const KEEPING = new Set(['discounts.cancel']);

function isRemoval(operation: Operation): boolean {
  const { id, method } = operation;
  return method === 'delete' && toAnswer(operation) === 'void' && !KEEPING.has(id);
}

function toComment({ summary, description }: Operation): string {
  const text = `${summary}.\n\n${description}`.replaceAll('*/', '*\\/');
  const lines = text.split('\n').map((line) => `   * ${line}`.trimEnd());
  return ['  /**', ...lines, '   */', ''].join('\n');
}

function toParameters(operation: Operation): string[] {
  const { pathParameters, body, query, headers } = operation;
  const options = [...headers].flatMap((header) => HEADER_OPTIONS[header] ?? []);
  return [
    ...pathParameters.map((name) => `${name}: string`),
    ...(body ? toBodyParameters(operation, body) : []),
    ...(query === 'none'
      ? []
      : [`query: ${toQueryType(operation)}${query === 'optional' ? ' = {}' : ''}`]),
    `options: ${['CallOptions', ...options].join(' & ')} = {}`,
  ];
}

function toBodyParameters(
  { id }: Operation,
  { content, isRequired }: NonNullable<Operation['body']>,
): string[] {
  const schema = content[JSON_TYPE]?.schema;
  if (schema === undefined) {
    const types = Object.keys(content).map((type) => `'${type}'`);
    return ['body: string', `contentType: ${types.join(' | ')}`];
  }
  const inline = `NonNullable<t.operations['${id}']['requestBody']>['content']['${JSON_TYPE}']`;
  return [`body: ${toReference(schema.$ref) ?? inline}${isRequired ? '' : ' = {}'}`];
}

const usesKey = ({ headers }: Operation) => headers.has('Idempotency-Key');

/** Returns the members of the init object for openapi-fetch. */
function toInit(operation: Operation): string[] {
  const { pathParameters, query, hasCursor, body } = operation;
  const params = [
    pathParameters.length > 0 && `path: { ${pathParameters.join(', ')} }`,
    query !== 'none' &&
      (hasCursor ? 'query: { ...query, ...(cursor !== undefined && { cursor }) }' : 'query'),
    usesKey(operation) && `header: { 'Idempotency-Key': key }`,
  ].filter((part) => part !== false);
  const isText = body !== undefined && body.content[JSON_TYPE] === undefined;
  return [
    '...init',
    ...(params.length > 0 ? [`params: { ${params.join(', ')} }`] : []),
    ...(body ? ['body'] : []),
    ...(isText
      ? [
          "headers: { ...init.headers, 'Content-Type': contentType }",
          'bodySerializer: (text) => text',
        ]
      : []),
    ...(isTextAnswer(operation) ? ["parseAs: 'text'"] : []),
  ];
}

function isTextAnswer({ answers }: Operation): boolean {
  return answers.some(([, content]) => content !== undefined && !(JSON_TYPE in content));
}

/** Returns the type of the successful answer; a union if there are several. */
function toAnswer(operation: Operation): string {
  if (isTextAnswer(operation)) return 'string';
  const types = operation.answers.flatMap(([status, content]) => {
    const schema = content?.[JSON_TYPE]?.schema;
    if (schema === undefined) return [];
    const inline = `t.operations['${operation.id}']['responses'][${status}]['content']['${JSON_TYPE}']`;
    return [toReference(schema.$ref) ?? inline];
  });
  return types.length === 0 ? 'void' : [...new Set(types)].join(' | ');
}

/** Returns the type of a list's items. */
function toItem(operation: Operation, { components }: ApiDocument): string {
  const page = operation.answers[0]?.[1]?.[JSON_TYPE]?.schema;
  const resolved = page?.$ref === undefined ? page : components.schemas[toName(page.$ref)];
  const item = toReference(resolved?.properties?.['items']?.items?.$ref);
  return item ?? `${toAnswer(operation)}['items'][number]`;
}

const toName = (reference: string) => reference.split('/').at(-1) ?? '';
const toReference = (reference: string | undefined) =>
  reference === undefined ? undefined : `t.${toName(reference)}`;
