import type { Context } from 'hono';
import type { z } from 'zod';
import type { Access } from './access.ts';
import type { Principal } from './principal.ts';
import type { RequestBody, UploadSpec } from './request-body.ts';
import type { Tag } from './tags.ts';

/**
 * The name of an operation: a resource and an action, e.g. `checkouts.create`. Client generators
 * derive method names from it, so it is part of the API like the path.
 */
export type OperationId = `${string}.${string}`;

/** The description of the answer with one status, for the OpenAPI document. */
export interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** An example for each media type of a body that is not JSON. */
  readonly media?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The kind of a request, which decides when it is refused under load:
 * - `status`: probes, and reads of a checkout's state. They are served as long as the process runs.
 * - `checkout`: new checkouts. They are also refused when too many checkouts wait to be settled.
 * - `other`: everything else
 */
export type Lane = 'status' | 'checkout' | 'other';

type ObjectSchema = z.ZodObject<z.ZodRawShape>;
type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A route, its schemas and its documentation in one place. */
export interface RouteSpec<
  Body extends z.ZodType | undefined,
  Query extends ObjectSchema | undefined,
  Params extends ObjectSchema | undefined,
> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** In OpenAPI's syntax, e.g. `/v1/orders/{id}`. */
  readonly path: string;
  /** Unique among the routes, even without the dot and regardless of case. */
  readonly operationId: OperationId;
  readonly summary: string;
  readonly description: string;
  readonly tag: Tag;
  readonly access: Access;
  /** `other` by default. */
  readonly lane?: Lane;
  readonly body?: Body;
  /** Set instead of `body` if the handler reads the body as it arrives. */
  readonly upload?: UploadSpec;
  /** Whether the body may be omitted, which is the same as `{}`. */
  readonly isBodyOptional?: boolean;
  readonly query?: Query;
  readonly params?: Params;
  /** The schemas of the request headers that the handler reads. */
  readonly headers?: z.ZodObject<z.ZodRawShape>;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /**
   * Returns how many milliseconds the answer to a request may take in addition to the default.
   * After that time the answer is a 503.
   */
  readonly extraMs?: (c: Context) => number;
  /** Replaces the default time, in milliseconds, that the answer may take. */
  readonly timeoutMs?: number;
}

/** The input of a handler: the parsed request, its caller and the context of its folder. */
export interface RouteInput<Body, Query, Params, Needs> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
  readonly principal: Principal;
  /**
   * Checks during a long request that the caller's credentials are still valid.
   * @throws RefusedError unauthenticated
   */
  checkStillAuthorized(): Promise<void>;
  /** Stops counting the request as in progress. Call it before the request waits for something. */
  beginWaiting(): void;
  readonly receivedAt: Date;
  readonly requestId: string;
  /** The IP address of the caller. */
  readonly address: string;
  readonly context: Needs;
  /**
   * The body. If the route has `upload`, the handler reads it; otherwise it has been read already.
   */
  readonly requestBody: RequestBody;
  readonly c: Context;
}

/** The answer of a handler. */
export type Reply =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | Response;

/**
 * A route that can be mounted. A table of `Route<Context>` accepts routes that need only a part of
 * the context; the compiler refuses a route that needs more. A plain `Route` can only be described.
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
 * Returns the function with which a folder defines its routes. The function derives the type of a
 * handler's input from the schemas of the route and from `Needs`.
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
