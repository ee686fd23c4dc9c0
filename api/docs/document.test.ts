import { expect, test } from 'vitest';
import { ERROR_CODES } from '../http/problem.ts';
import { ROUTES } from '../routes.ts';
import { describeRoutes } from './describe-routes.ts';
import { problem } from './problem-schema.ts';

type Json = Readonly<Record<string, unknown>>;

interface Media {
  readonly schema?: Json;
  readonly example?: unknown;
}

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Answer {
  readonly $ref?: string;
  readonly headers?: Json;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly responses: Readonly<Record<string, Answer>>;
  };
}

const document = describeRoutes(ROUTES) as Document;

const operations = ROUTES.map(({ spec }) => {
  const operation = document.paths[spec.path]?.[spec.method];
  if (operation === undefined) throw new Error(`${spec.operationId} is not described`);
  return { name: spec.operationId, spec, operation };
});

/** Lists every object in a value, with its path. */
function* listObjects(value: unknown, path = ''): Generator<readonly [path: string, object: Json]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [path, value as Json];
  for (const [name, member] of Object.entries(value)) yield* listObjects(member, `${path}/${name}`);
}

const objects = [...listObjects(document)].filter(([path]) => !path.includes('/example'));

test.each(operations)(
  'the body of $name has an example that is accepted',
  ({ spec, operation }) => {
    const { content = {} } = operation.requestBody ?? {};
    expect(Object.keys(content).length > 0).toBe(
      spec.body !== undefined || spec.upload !== undefined,
    );
    for (const { example } of Object.values(content)) {
      if (spec.body === undefined) expect(example).toEqual(expect.any(String));
      else expect(spec.body.safeParse(example)).toMatchObject({ success: true });
    }
  },
);

test.each(operations)(
  'the document has every header of the answers of $name',
  ({ spec, operation }) => {
    for (const [status, { headers = {} }] of Object.entries(spec.responses)) {
      const answer = operation.responses[status];
      const shared = answer?.$ref?.split('/').at(-1) ?? '';
      const described = answer?.headers ?? document.components.responses[shared]?.headers ?? {};
      expect(Object.keys(described)).toEqual(expect.arrayContaining(Object.keys(headers)));
    }
  },
);

test.each(operations)(
  'the answers of $name have examples that match their schemas',
  ({ spec, operation }) => {
    for (const [status, { schema, media }] of Object.entries(spec.responses)) {
      const { content = {} } = operation.responses[status] ?? {};
      for (const [type, example] of Object.entries(media ?? {})) {
        expect(content[type]).toMatchObject({ example });
      }
      if (schema === undefined) continue;
      const { example } = content['application/json'] ?? {};
      // Parsing drops members that the schema does not have.
      expect(schema.safeParse(example)).toEqual({ success: true, data: example });
    }
  },
);

test.each(operations)('$name describes the content of each answer', ({ operation }) => {
  for (const [status, response] of Object.entries(operation.responses)) {
    const isShared = response.$ref?.startsWith('#/components/responses/') === true;
    const isEmpty = status === '204';
    expect([status, isShared || isEmpty || response.content !== undefined]).toEqual([status, true]);
  }
});

test.each(operations)('$name describes the refusals that any request can get', ({ operation }) => {
  const statuses = Object.keys(operation.responses);
  expect(statuses).toEqual(expect.arrayContaining(['400', '413', '415', '429', '503', 'default']));
});

test('the schema of a problem’s code lists all codes', () => {
  expect(document.components.schemas['ProblemCode']?.['enum']).toEqual(ERROR_CODES);
});

test('every member of a problem is described', () => {
  const { shape } = problem;
  const described = Object.keys(document.components.schemas['Problem']?.['properties'] ?? {});
  expect(described).toEqual(Object.keys(shape));
});

test('each alternative of a union has a name that generated clients can use', () => {
  const unnamed = objects.filter(([, { oneOf, anyOf }]) => {
    const alternatives = [oneOf, anyOf].filter(Array.isArray).flat() as Json[];
    return alternatives.some((schema) => !('$ref' in schema) && schema['type'] !== 'null');
  });
  expect(unnamed.map(([path]) => path)).toEqual([]);
});

test('no reference is wrapped in allOf', () => {
  const wrapped = objects.filter(([, { allOf }]) => {
    return Array.isArray(allOf) && allOf.some((part: Json) => !('$ref' in part || 'type' in part));
  });
  expect(wrapped.map(([path]) => path)).toEqual([]);
});

test('patterns use only syntax that all languages share', () => {
  const patterns = objects.flatMap(([, { pattern }]) =>
    typeof pattern === 'string' ? pattern : [],
  );
  expect(patterns.length).toBeGreaterThan(0);
  for (const pattern of patterns) {
    expect(pattern).not.toMatch(/\\[pPuk]|\(\?(?!:)/);
    expect(() => new RegExp(pattern)).not.toThrow();
  }
});

test('client generators can name the values of each enumeration', () => {
  const values = objects.flatMap(([, { enum: listed }]) => (Array.isArray(listed) ? listed : []));
  // Enumerations of numbers do not compile in Java. Null means that a field can be removed.
  const unnameable = values.filter((value) => {
    return value !== null && (typeof value !== 'string' || !/^[\w.:*-]+$/.test(value));
  });
  expect(unnameable).toEqual([]);
});

test('no enumeration has the texts true and false instead of a boolean', () => {
  const enumerations = objects.filter(([, schema]) => [schema['enum']].flat().includes('true'));
  expect(enumerations.map(([path]) => path)).toEqual([]);
});

test('the schemas of bodies have names, except for texts', () => {
  const schemas = objects.filter(([path]) => /\/content\/[\w.+-]+\/[\w.+-]+\/schema$/.test(path));
  expect(schemas.length).toBeGreaterThan(0);
  const unnamed = schemas.filter(
    ([, schema]) => !('$ref' in schema) && schema['type'] !== 'string',
  );
  expect(unnamed.map(([path]) => path)).toEqual([]);
});
