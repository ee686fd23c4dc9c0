import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { ResponseSpec, Route } from '../http/route.ts';
import { TAGS } from '../http/tags.ts';
import { withExamples } from './examples.ts';
import { ownHeaders, SHARED_HEADERS, sharedHeaders } from './headers.ts';
import { problem } from './problem-schema.ts';
import { withPlainReferences } from './references.ts';
import { refusalComponents, refusalsOf } from './refusals.ts';
import { SECURITY_SCHEMES, securityOf } from './security.ts';

/**
 * The OpenAPI 3.1 document of the routes, from the same schemas that check their input.
 * @param publicUrl where callers reach the API; without it, where they found the document
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
  for (const [name, response] of Object.entries(refusalComponents())) {
    registry.registerComponent('responses', name, response);
  }
  registry.register('Problem', problem);
  for (const { spec } of routes) {
    const { method, path, operationId, summary, description } = spec;
    const security = securityOf(spec.access);
    const operation = {
      method,
      path,
      operationId,
      summary,
      description,
      tags: [spec.tag],
      security,
    };
    registry.registerPath({ ...operation, request: requestOf(spec), responses: responsesOf(spec) });
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

function requestOf(spec: Route['spec']) {
  const { body, upload, query, params, headers, isBodyOptional = false } = spec;
  const json = body && { 'application/json': { schema: body } };
  const file = upload && textOf(upload.examples);
  const content = json ?? file;
  return {
    ...(content && { body: { required: !isBodyOptional, content } }),
    ...(query && { query }),
    ...(params && { params }),
    ...(headers && { headers }),
  };
}

/** Bodies that are no JSON, by their types, with an example of each. */
function textOf(examples: Readonly<Record<string, string>>) {
  const schema = z.string();
  return Object.fromEntries(
    Object.entries(examples).map(([type, example]) => [type, { schema, example }]),
  );
}

function responsesOf(spec: Route['spec']) {
  const answers = Object.entries(spec.responses).filter(isAnswer);
  return {
    ...Object.fromEntries(answers.map(([status, response]) => [status, answerOf(response)])),
    ...refusalsOf(spec),
    default: { $ref: '#/components/responses/OtherRefusal' },
  };
}

/** Refusals are problems; whatever has a schema of its own is none. */
const isAnswer = ([status, { schema }]: readonly [string, ResponseSpec]) =>
  Number(status) < 400 || schema !== undefined;

function answerOf(response: ResponseSpec) {
  const { description, schema, media, headers } = response;
  return {
    description,
    headers: { ...sharedHeaders(), ...ownHeaders(headers) },
    ...(schema && { content: { 'application/json': { schema } } }),
    ...(media && { content: textOf(media) }),
  };
}
