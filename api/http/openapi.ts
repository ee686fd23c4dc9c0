import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Access } from './access.ts';
import type { ResponseSpec, Route } from './route.ts';
import { TAGS } from './tags.ts';

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem', { description: 'Why a request was refused (RFC 9457).' });

/** The OpenAPI 3.1 document of the routes, from the same schemas that check their input. */
export function describeRoutes(routes: readonly Route[]): object {
  const describer = new OpenAPIHono();
  const registry = describer.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
  });
  const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const;
  registry.registerComponent('securitySchemes', 'accessToken', bearer);
  registry.registerComponent('securitySchemes', 'buyerToken', bearer);
  registry.registerComponent('securitySchemes', 'operator', { type: 'http', scheme: 'basic' });
  for (const { spec } of routes) {
    const { body, upload, query, params, headers, isBodyOptional = false } = spec;
    registry.registerPath({
      method: spec.method,
      path: spec.path,
      operationId: spec.operationId,
      summary: spec.summary,
      ...(spec.description === undefined ? {} : { description: spec.description }),
      tags: [spec.tag],
      security: securityOf(spec.access),
      request: {
        ...(body && {
          body: { required: !isBodyOptional, content: { 'application/json': { schema: body } } },
        }),
        ...(upload && {
          body: {
            required: true,
            content: Object.fromEntries(
              upload.mediaTypes.map((type) => [type, { schema: z.string() }]),
            ),
          },
        }),
        ...(query && { query }),
        ...(params && { params }),
        ...(headers && { headers }),
      },
      responses: responsesOf(spec),
    });
  }
  return describer.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Lastunit',
      version: '0.1.0',
      description: 'Sells the last unit exactly once, and proves it while it happens.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ spec }) => spec.tag))].map((name) => ({
      name,
      description: TAGS[name],
    })),
  });
}

/** The security scheme by which each kind of caller proves itself. */
const SCHEME = { key: 'apiKey', shop: 'accessToken', buyer: 'buyerToken' } as const;

function securityOf(access: Access): Record<string, string[]>[] {
  if ('callers' in access) return access.callers.map((kind) => ({ [SCHEME[kind]]: [] }));
  return 'operator' in access ? [{ operator: [] }] : [];
}

/** What the route says of its responses, and what follows from who may call it. */
function allResponsesOf({ access, responses }: Route['spec']): Record<string, ResponseSpec> {
  if ('callers' in access) {
    const lacking = access.scope === undefined ? '' : `, or it lacks ${access.scope}`;
    const forbidden = `Not for this kind of caller${lacking}.`;
    return {
      401: { description: 'No valid key or token.' },
      403: { description: forbidden },
      ...responses,
    };
  }
  if ('operator' in access) {
    const forbidden = 'Asked for by a page of another site.';
    return { 401: { description: 'No operator.' }, 403: { description: forbidden }, ...responses };
  }
  return responses;
}

function responsesOf(spec: Route['spec']) {
  const responses: Record<string, object> = {};
  for (const [status, response] of Object.entries(allResponsesOf(spec))) {
    const { description, schema, mediaType, headers } = response;
    const isProblem = schema === undefined && Number(status) >= 400;
    const type = mediaType ?? (isProblem ? 'application/problem+json' : 'application/json');
    const content = isProblem ? problem : schema;
    responses[status] = {
      description,
      ...(content && { content: { [type]: { schema: content } } }),
      ...(headers && {
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, text]) => [
            name,
            { description: text, schema: { type: 'string' } },
          ]),
        ),
      }),
    };
  }
  responses['default'] ??= {
    description: 'Any other refusal.',
    content: { 'application/problem+json': { schema: problem } },
  };
  return responses;
}
