import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

/** A part of the OpenAPI document. */
type Json = { readonly [name: string]: unknown };

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Returns the example of a schema: its own, or an example composed of the examples of its parts.
 * Returns undefined if a required part, or every part, has no example.
 */
function toExample(schema: unknown, components: Json): unknown {
  if (!isObject(schema)) return undefined;
  if ('example' in schema) return schema['example'];
  const { $ref, type, items, properties, required } = schema;
  if (typeof $ref === 'string') {
    return toExample(components[$ref.replace('#/components/schemas/', '')], components);
  }
  if (type === 'array') {
    const item = toExample(items, components);
    return item === undefined ? undefined : [item];
  }
  if (type !== 'object' || !isObject(properties)) return undefined;
  const members = Object.entries(properties).map(([name, member]) => [
    name,
    toExample(member, components),
  ]);
  const example: Json = Object.fromEntries(members.filter(([, value]) => value !== undefined));
  const isComplete = ((required ?? []) as readonly string[]).every((name) => name in example);
  return isComplete && Object.keys(example).length > 0 ? example : undefined;
}

/**
 * Adds examples to path parameters, and to bodies without an example. A body gets the example of
 * its schema.
 */
export function withExamples<Document>(document: Document): Document {
  const { components, paths } = document as { components?: Json; paths?: Json };
  const schemas = (components?.['schemas'] ?? {}) as Json;
  const complete = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(complete);
    if (!isObject(value)) return value;
    const entries = Object.entries(value).map(([name, member]) => [
      name,
      name === 'content' && isObject(member) ? addExamples(member, schemas) : complete(member),
    ]);
    return Object.fromEntries(entries);
  };
  const withIds = Object.entries(paths ?? {}).map(([path, item]) => [
    path,
    withPathIds(path, item),
  ]);
  return { ...document, paths: complete(Object.fromEntries(withIds)) };
}

function addExamples(content: Json, schemas: Json): Json {
  return Object.fromEntries(
    Object.entries(content).map(([type, media]) => {
      if (!isObject(media) || 'example' in media) return [type, media];
      const example = toExample(media['schema'], schemas);
      return [type, example === undefined ? media : { ...media, example }];
    }),
  );
}

/** Example ids, by the path segment before the parameter. */
const ID_AFTER: Readonly<Record<string, string>> = {
  sessions: EXAMPLE_IDS.session,
  storefronts: EXAMPLE_IDS.storefront,
  'api-keys': EXAMPLE_IDS.key,
  products: EXAMPLE_IDS.product,
  inventory: EXAMPLE_IDS.variant,
  lines: EXAMPLE_IDS.variant,
  carts: EXAMPLE_IDS.cart,
  discounts: EXAMPLE_IDS.discount,
  draws: EXAMPLE_IDS.draw,
  checkouts: EXAMPLE_IDS.checkout,
  orders: EXAMPLE_IDS.order,
  webhooks: EXAMPLE_IDS.webhook,
  deliveries: EXAMPLE_IDS.delivery,
  shops: EXAMPLE_IDS.shop,
};

/** Finds the example id of a parameter in a path such as `/v1/carts/{id}/lines/{variantId}`. */
function findParameterExample(path: string, name: string): string | undefined {
  const parts = path.split('/');
  return ID_AFTER[parts[parts.indexOf(`{${name}}`) - 1] ?? ''];
}

function withPathIds(path: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withPathIds(path, item));
  if (!isObject(value)) return value;
  if (value['in'] === 'path') {
    const example = findParameterExample(path, String(value['name']));
    return example === undefined ? value : { ...value, example };
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withPathIds(path, member)]),
  );
}
