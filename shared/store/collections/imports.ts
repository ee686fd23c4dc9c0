import { Schema } from 'mongoose';

/**
 * A product import in progress, or an import whose process died. Finished imports have no record.
 * `staging`: its products are stored but hidden, and can still be removed. `committed`: they are
 * being made visible, which can no longer be undone. `undoing`: they are being removed.
 */
export interface ImportRecord {
  readonly _id: string;
  readonly shopId: string;
  readonly state: 'staging' | 'committed' | 'undoing';
  /** Whether its products are put on sale. */
  readonly publish: boolean;
  /** The process that works on it. Another process may take over after `until`. */
  readonly owner: string;
  readonly until: Date;
}

export const importSchema = new Schema(
  {
    _id: { type: String, required: true },
    shopId: { type: String, required: true },
    state: { type: String, required: true, enum: ['staging', 'committed', 'undoing'] },
    publish: { type: Boolean, required: true },
    owner: { type: String, required: true },
    until: { type: Date, required: true },
  },
  { collection: 'imports', versionKey: false },
);

importSchema.index({ shopId: 1 }, { name: 'one_import_per_shop', unique: true });
