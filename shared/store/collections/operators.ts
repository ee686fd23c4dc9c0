import { Schema } from 'mongoose';
import type { OperatorRole } from '../../domain/vocabulary.ts';

/** An operator with a personal login. */
export interface OperatorRecord {
  /** The name that the operator signs in with, and that audit entries show. */
  readonly _id: string;
  readonly role: OperatorRole;
  /** argon2id. */
  readonly passwordHash: string;
  readonly createdAt: Date;
}

export const operatorSchema = new Schema(
  {
    _id: { type: String, required: true },
    role: { type: String, required: true },
    passwordHash: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { collection: 'operators', versionKey: false },
);
