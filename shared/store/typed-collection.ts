import type { mongo } from 'mongoose';

/**
 * MongoDB's collection, typed by its documents. The driver's `Filter` accepts any field name, so a
 * misspelt name silently matches nothing. Here filters, updates and sorts may only name fields of
 * the record, or paths inside them.
 */

type Field<T> = keyof T & string;
/** A path into a field, e.g. `lines.variantId`. Only its first part is checked. */
type Path<T> = `${Field<T>}.${string}`;

/** A query for documents of one collection. */
export type Filter<T> = {
  readonly [K in keyof T]?: mongo.Condition<NonNullable<T[K]> | null>;
} & {
  readonly [path in Path<T>]?: unknown;
} & {
  readonly $and?: readonly Filter<T>[];
  readonly $or?: readonly Filter<T>[];
  readonly $nor?: readonly Filter<T>[];
  readonly $expr?: mongo.Document;
  readonly $text?: { readonly $search: string };
};

type Values<T> = { readonly [K in keyof T]?: T[K] } & { readonly [path in Path<T>]?: unknown };
type PerField<T, Value> = { readonly [K in Field<T> | Path<T>]?: Value };

/** An update of a document. */
export interface Update<T> {
  readonly $set?: Values<T>;
  readonly $setOnInsert?: Values<T>;
  readonly $unset?: PerField<T, string | 1 | true>;
  readonly $inc?: PerField<T, number>;
  readonly $min?: Values<T>;
  readonly $max?: Values<T>;
  readonly $push?: PerField<T, unknown>;
  readonly $addToSet?: PerField<T, unknown>;
  readonly $pull?: PerField<T, unknown>;
}

/** An update, or an aggregation pipeline that computes one. */
export type UpdateOrPipeline<T> = Update<T> | mongo.Document[];

/** One write of a `bulkWrite`. */
export type BulkWrite<T> =
  | { readonly insertOne: { readonly document: T } }
  | {
      readonly updateOne: {
        readonly filter: Filter<T>;
        readonly update: UpdateOrPipeline<T>;
        readonly upsert?: boolean;
      };
    }
  | { readonly updateMany: { readonly filter: Filter<T>; readonly update: UpdateOrPipeline<T> } }
  | {
      readonly replaceOne: {
        readonly filter: Filter<T>;
        readonly replacement: T;
        readonly upsert?: boolean;
      };
    }
  | { readonly deleteOne: { readonly filter: Filter<T> } }
  | { readonly deleteMany: { readonly filter: Filter<T> } };

type Sort<T> = PerField<T, mongo.SortDirection | { readonly $meta: string }> | null;

/** Options of a read; a sort may only name fields of the record. */
export type FindOptions<T> = Omit<mongo.FindOptions, 'sort'> & { readonly sort?: Sort<T> };

type FindOneAndOptions<T> = Omit<mongo.FindOneAndUpdateOptions, 'sort' | 'includeResultMetadata'> &
  Pick<FindOptions<T>, 'sort'>;

/** Reads of a collection. `P` is the type of the result of a projection. */
export interface ReadCollection<T extends { readonly _id: unknown }> {
  readonly collectionName: string;
  find<P extends object = T>(filter?: Filter<T>, options?: FindOptions<T>): mongo.FindCursor<P>;
  findOne<P extends object = T>(filter: Filter<T>, options?: FindOptions<T>): Promise<P | null>;
  aggregate<P extends object>(
    pipeline: readonly mongo.Document[],
    options?: mongo.AggregateOptions,
  ): mongo.AggregationCursor<P>;
  countDocuments(filter?: Filter<T>, options?: mongo.CountDocumentsOptions): Promise<number>;
  estimatedDocumentCount(options?: mongo.EstimatedDocumentCountOptions): Promise<number>;
  distinct<V = unknown>(
    field: Field<T> | Path<T>,
    filter?: Filter<T>,
    options?: mongo.DistinctOptions,
  ): Promise<V[]>;
  indexes(): Promise<mongo.IndexDescriptionInfo[]>;
}

/** Reads and writes of a collection. */
export interface Collection<T extends { readonly _id: unknown }> extends ReadCollection<T> {
  insertOne(document: T, options?: mongo.InsertOneOptions): Promise<mongo.InsertOneResult>;
  insertMany(
    documents: readonly T[],
    options?: mongo.BulkWriteOptions,
  ): Promise<mongo.InsertManyResult>;
  updateOne(
    filter: Filter<T>,
    update: UpdateOrPipeline<T>,
    options?: mongo.UpdateOptions,
  ): Promise<mongo.UpdateResult>;
  updateMany(
    filter: Filter<T>,
    update: UpdateOrPipeline<T>,
    options?: mongo.UpdateOptions,
  ): Promise<mongo.UpdateResult>;
  replaceOne(
    filter: Filter<T>,
    replacement: T,
    options?: mongo.ReplaceOptions,
  ): Promise<mongo.UpdateResult>;
  deleteOne(filter: Filter<T>, options?: mongo.DeleteOptions): Promise<mongo.DeleteResult>;
  deleteMany(filter: Filter<T>, options?: mongo.DeleteOptions): Promise<mongo.DeleteResult>;
  findOneAndUpdate<P extends object = T>(
    filter: Filter<T>,
    update: UpdateOrPipeline<T>,
    options?: FindOneAndOptions<T>,
  ): Promise<P | null>;
  findOneAndDelete(filter: Filter<T>, options?: FindOneAndOptions<T>): Promise<T | null>;
  bulkWrite(
    writes: readonly BulkWrite<T>[],
    options?: mongo.BulkWriteOptions,
  ): Promise<mongo.BulkWriteResult>;
}

/** Returns the driver's collection of that name, with the types above. */
export function typedCollection<T extends { readonly _id: unknown }>(
  database: mongo.Db,
  name: string,
): Collection<T> {
  return database.collection(name) as unknown as Collection<T>;
}
