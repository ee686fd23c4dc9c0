/** The parts of the OpenAPI document that the generator reads. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A JSON schema. */
export interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
}

interface DocumentedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** An operation of the API as the generator uses it. */
export interface Operation {
  readonly id: string;
  readonly resource: string;
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly pathParameters: readonly string[];
  readonly query: 'none' | 'optional' | 'required';
  readonly hasCursor: boolean;
  readonly headers: ReadonlySet<string>;
  readonly body: { readonly isRequired: boolean; readonly content: Content } | undefined;
  /** The bodies of successful answers by status. */
  readonly answers: readonly (readonly [status: string, content: Content | undefined])[];
}

/** Operations that return streams; the client has methods for them that are written by hand. */
const STREAMS: ReadonlySet<string> = new Set(['checkouts.streamEvents']);

/** Returns the operations in the order of the document. */
export function listOperations({ paths }: ApiDocument): Operation[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, documented]) => ({ path, method, ...documented })),
    )
    .filter(({ operationId }) => !STREAMS.has(operationId))
    .map(toOperation);
}

function toOperation(
  documented: DocumentedOperation & { readonly path: string; readonly method: string },
): Operation {
  const { operationId, parameters = [], requestBody, responses, ...rest } = documented;
  const [resource = '', name = ''] = operationId.split('.');
  const parametersIn = (place: Parameter['in']) =>
    parameters.filter((parameter) => parameter.in === place);
  const query = parametersIn('query');
  return {
    ...rest,
    id: operationId,
    resource,
    name,
    pathParameters: parametersIn('path').map((parameter) => parameter.name),
    query: query.length === 0 ? 'none' : query.some(isRequired) ? 'required' : 'optional',
    hasCursor: query.some((parameter) => parameter.name === 'cursor'),
    headers: new Set(parametersIn('header').map((parameter) => parameter.name)),
    body: requestBody && {
      isRequired: requestBody.required === true,
      content: requestBody.content,
    },
    answers: Object.entries(responses)
      .filter(([status]) => status.startsWith('2'))
      .map(([status, { content }]) => [status, content]),
  };
}

const isRequired = ({ required }: Parameter) => required === true;
