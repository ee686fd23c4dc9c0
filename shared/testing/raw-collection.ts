import type { mongo } from 'mongoose';
import type { Store } from '../store/store.ts';

type Names = {
  [Name in keyof Store]: Store[Name] extends { readonly collectionName: string } ? Name : never;
}[keyof Store];

/** A collection of documents of any shape. */
export interface RawCollection {
  find(filter?: object): mongo.FindCursor<mongo.Document>;
  findOne(filter: object): Promise<mongo.Document | null>;
  countDocuments(filter?: object): Promise<number>;
  insertOne(document: object): Promise<mongo.InsertOneResult>;
  insertMany(documents: readonly object[]): Promise<mongo.InsertManyResult>;
  updateOne(filter: object, update: object): Promise<mongo.UpdateResult>;
  updateMany(filter: object, update: object): Promise<mongo.UpdateResult>;
  deleteOne(filter: object): Promise<mongo.DeleteResult>;
  deleteMany(filter: object): Promise<mongo.DeleteResult>;
  indexes(): Promise<mongo.IndexDescriptionInfo[]>;
  createIndex(key: object, options: object): Promise<string>;
  dropIndex(name: string): Promise<mongo.Document>;
  drop(): Promise<boolean>;
  watch(): mongo.ChangeStream<mongo.Document, mongo.ChangeStreamInsertDocument>;
}

/**
 * Returns an untyped collection that bypasses the ledger, like a database shell. Tests use it to
 * damage stored data.
 */
export function rawCollection(store: Store, name: Names): RawCollection {
  const { collectionName } = store[name];
  const database = store.connection.getClient().db(store.connection.name);
  return database.collection(collectionName) as unknown as RawCollection;
}
