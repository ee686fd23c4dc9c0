import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Access } from '../http/access.ts';
import type { ResponseSpec, Route } from '../http/route.ts';
import { TAGS } from '../http/tags.ts';
import { withExamples } from './examples.ts';
import { SHARED_HEADERS, toHeaders, toSharedHeaders } from './headers.ts';
import { problem } from './problem-schema.ts';
import { listRefusals, toRefusalComponents } from './refusals.ts';

/** How each kind of caller authenticates. */
const SECURITY_SCHEMES = {
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
    description:
      'A storefront or an integration. A key that requires signatures also needs `Signature` and ' +
      '`Signature-Input` (RFC 9421).',
  },
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A shop: the `accessToken` of `auth.logIn`.',
  },
  buyerToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'One buyer: the `token` of `buyerTokens.create`.',
  },
  operator: { type: 'http', scheme: 'basic', description: 'An operator.' },
} as const;

const CALLER_SCHEMES = { key: 'apiKey', shop: 'accessToken', buyer: 'buyerToken' } as const;

/**
 * Describes the routes in OpenAPI 3.1, from the schemas that check their input.
 * @param publicUrl the URL of the API for callers; by default the URL of the document
 */
export function describeRoutes(routes: readonly Route[], publicUrl = '/'): object {
  const describer = new OpenAPIHono();
  const registry = describer.openAPIRegistry;
  for (const [name, scheme] of Object.entries(SECURITY_SCHEMES)) {
    registry.registerComponent('securitySchemes', name, scheme);
  }
  for (const [name, header] of Object.entries(SHARED_HEADERS)) {
    registry.registerComponent('headers', name, header);
  }
  for (const [name, response] of Object.entries(toRefusalComponents())) {
    registry.registerComponent('responses', name, response);
  }
  registry.register('Problem', problem);
  for (const { spec } of routes) {
    const { method, path, operationId, summary, description } = spec;
    const security = toSecurity(spec.access);
    const operation = {
      method,
      path,
      operationId,
      summary,
      description,
      tags: [spec.tag],
      security,
    };
    registry.registerPath({ ...operation, request: toRequest(spec), responses: toResponses(spec) });
  }
  const document = describer.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Lastunit',
      version: '0.1.0',
      description: 'Sells the last unit exactly once, and proves it while it happens.',
      contact: { name: 'The operator of this Lastunit' },
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    servers: [{ url: publicUrl }],
    tags: [...new Set(routes.map(({ spec }) => spec.tag))].map((name) => ({
      name,
      description: TAGS[name],
    })),
  });
  return withPlainReferences(withExamples(document));
}

function toRequest(spec: Route['spec']) {
  const { body, upload, query, params, headers, isBodyOptional = false } = spec;
  const json = body && { 'application/json': { schema: body } };
  const file = upload && toTextContent(upload.examples);
  const content = json ?? file;
  return {
    ...(content && { body: { required: !isBodyOptional, content } }),
    ...(query && { query }),
    ...(params && { params }),
    ...(headers && { headers }),
  };
}

/** Describes bodies of media types other than JSON, each with an example. */
function toTextContent(examples: Readonly<Record<string, string>>) {
  const schema = z.string();
  return Object.fromEntries(
    Object.entries(examples).map(([type, example]) => [type, { schema, example }]),
  );
}

function toResponses(spec: Route['spec']) {
  const answers = Object.entries(spec.responses).filter(isAnswer);
  return {
    ...Object.fromEntries(answers.map(([status, response]) => [status, toAnswer(response)])),
    ...listRefusals(spec),
    default: { $ref: '#/components/responses/OtherRefusal' },
  };
}

/** A refusal without its own schema is a problem document, which `listRefusals` describes. */
const isAnswer = ([status, { schema }]: readonly [string, ResponseSpec]) =>
  Number(status) < 400 || schema !== undefined;

function toAnswer(response: ResponseSpec) {
  const { description, schema, media, headers } = response;
  return {
    description,
    headers: { ...toSharedHeaders(), ...toHeaders(headers) },
    ...(schema && { content: { 'application/json': { schema } } }),
    ...(media && { content: toTextContent(media) }),
  };
}

/** Returns the security schemes of a route, one of which is required; none for a public route. */
function toSecurity(access: Access): Record<string, string[]>[] {
  if ('callers' in access) return access.callers.map((kind) => ({ [CALLER_SCHEMES[kind]]: [] }));
  return 'operator' in access ? [{ operator: [] }] : [];
}

/**
 * Rewrites each reference that only adds a description from `allOf` to `$ref` and `description`, as
 * OpenAPI 3.1 allows. Some client generators refuse an `allOf` of an enumeration.
 */
function withPlainReferences<Part>(part: Part): Part {
  if (Array.isArray(part)) return part.map((item) => withPlainReferences(item)) as Part;
  if (typeof part !== 'object' || part === null) return part;
  const entries = Object.entries(part).map(([name, value]) => [name, withPlainReferences(value)]);
  const { allOf, ...rest } = Object.fromEntries(entries) as { allOf?: readonly object[] };
  if (allOf === undefined) return rest as Part;
  const isPlain = allOf.every((member) =>
    Object.keys(member).every((name) => PLAIN_KEYWORDS.has(name)),
  );
  return (isPlain ? Object.assign({}, ...allOf, rest) : { allOf, ...rest }) as Part;
}

const PLAIN_KEYWORDS: ReadonlySet<string> = new Set(['$ref', 'description']);
