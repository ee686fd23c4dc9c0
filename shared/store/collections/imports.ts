import { Schema } from 'mongoose';

/**
 * An import of products that is under way, or was when its process died; there is none for what
 * is over. `staging`: its products are stored and hidden, and can still be taken back. `committed`:
 * they are being shown, and nothing can stop that any more. `undoing`: they are being removed.
 */
export interface ImportRecord {
  readonly _id: string;
  readonly shopId: string;
  readonly state: 'staging' | 'committed' | 'undoing';
  /** Whether its products go on sale. */
  readonly publish: boolean;
  /** Who works on it; another may take it over when `until` has passed. */
  readonly owner: string;
  readonly until: Date;
  readonly startedAt: Date;
}

export const importSchema = new Schema(
  {
    _id: { type: String, required: true },
    shopId: { type: String, required: true },
    state: { type: String, required: true, enum: ['staging', 'committed', 'undoing'] },
    publish: { type: Boolean, required: true },
    owner: { type: String, required: true },
    until: { type: Date, required: true },
    startedAt: { type: Date, required: true },
  },
  { collection: 'imports', versionKey: false },
);

importSchema.index({ shopId: 1 }, { name: 'one_import_per_shop', unique: true });
