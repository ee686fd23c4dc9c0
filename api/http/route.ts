import type { Context } from 'hono';
import type { z } from 'zod';
import type { Access } from './access.ts';
import type { Principal } from './principal.ts';
import type { RequestBody, UploadSpec } from './request-body.ts';
import type { Tag } from './tags.ts';

/**
 * The name of an operation: a resource and what is done to it, e.g. `checkouts.create`. Generators
 * of clients name their methods after it, so that it is as much a part of the API as the path.
 */
export type OperationId = `${string}.${string}`;

/** What stands in the OpenAPI document for one status. */
export interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** The types of a body that is no JSON, each with an example of it. */
  readonly media?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

type ObjectSchema = z.ZodObject<z.ZodRawShape>;
type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A route, its schemas and its documentation in one place. */
export interface RouteSpec<
  Body extends z.ZodType | undefined,
  Query extends ObjectSchema | undefined,
  Params extends ObjectSchema | undefined,
> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it, e.g. `/v1/orders/{id}`. */
  readonly path: string;
  /** Unique among the routes, also in other letter cases and without the dot. */
  readonly operationId: OperationId;
  readonly summary: string;
  readonly description: string;
  readonly tag: Tag;
  readonly access: Access;
  readonly body?: Body;
  /** Set instead of `body` where the handler reads the body while it arrives. */
  readonly upload?: UploadSpec;
  /** The body may be left out, which is the same as `{}`. */
  readonly isBodyOptional?: boolean;
  readonly query?: Query;
  readonly params?: Params;
  /** Request headers that the handler reads by itself, with what they mean. */
  readonly headers?: z.ZodObject<z.ZodRawShape>;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** Within this time the request is answered, if only with a 503; the usual bound unless set. */
  readonly timeoutMs?: number;
}

/** What a handler gets: the parsed request, its caller, and what its folder declares that it needs. */
export interface RouteInput<Body, Query, Params, Needs> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
  readonly principal: Principal;
  /**
   * For requests that last: checks whether what the caller proved itself with is still good.
   * @throws RefusedError unauthenticated
   */
  checkStillGood(): Promise<void>;
  readonly receivedAt: Date;
  readonly requestId: string;
  /** From where the request came. */
  readonly address: string;
  readonly context: Needs;
  /** Read already where the route has a schema for it; else the handler's to read. */
  readonly requestBody: RequestBody;
  readonly c: Context;
}

/** What a handler answers. */
export type Reply =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | Response;

/**
 * A route as the router mounts it. A table of `Route<Context>` takes routes that need less than the
 * context has; the compiler refuses one that needs more. A plain `Route` can only be described.
 */
export interface Route<Needs = never> {
  readonly spec: RouteSpec<
    z.ZodType | undefined,
    ObjectSchema | undefined,
    ObjectSchema | undefined
  >;
  readonly handle: (input: RouteInput<unknown, unknown, unknown, Needs>) => Promise<Reply> | Reply;
}

/**
 * Returns the function by which a folder defines its routes. It ties a handler to its
 * specification, so that the handler's input has the types of the schemas and of `Needs`.
 */
export function routesWith<Needs>() {
  return <
    Body extends z.ZodType | undefined = undefined,
    Query extends ObjectSchema | undefined = undefined,
    Params extends ObjectSchema | undefined = undefined,
  >(
    spec: RouteSpec<Body, Query, Params>,
    handle: (
      input: RouteInput<Parsed<Body>, Parsed<Query>, Parsed<Params>, Needs>,
    ) => Promise<Reply> | Reply,
  ): Route<Needs> => ({ spec, handle }) as unknown as Route<Needs>;
}
