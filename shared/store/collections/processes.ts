import { Schema } from 'mongoose';

/** Records without a heartbeat for this long are removed. */
const PROCESSES_KEPT_S = 600;

/**
 * A running API or worker process, with its state at its last heartbeat. All times are by the
 * database server's clock, so that the machines' clocks need not agree.
 */
export interface ProcessRecord {
  readonly _id: string;
  readonly kind: 'api' | 'worker';
  readonly host: string;
  readonly pid: number;
  readonly startedAt: Date;
  readonly seenAt: Date;
  /** When a worker last took a checkout from the queue. */
  readonly takenAt?: Date;
  /** When a worker last committed a batch. */
  readonly committedAt?: Date;
  /** When a worker last gave freed units to a waiting checkout. */
  readonly servedAt?: Date;
  /** How long these units had been free. */
  readonly servedFreeMs?: number;
  /** Whether it is a worker that settles nothing until another worker ends. */
  readonly isStandby?: boolean;
  /** The partitions that a worker settles. */
  readonly partitions?: readonly number[];
  /** Why it cannot use Redis at present. */
  readonly redisTrouble?: string;
  /** Requests that an API refused because of the load since it started, by reason. */
  readonly shed?: Readonly<Record<string, number>>;
}

export const processSchema = new Schema(
  {
    _id: { type: String, required: true },
    kind: { type: String, required: true, enum: ['api', 'worker'] },
    host: { type: String, required: true },
    pid: { type: Number, required: true },
    startedAt: { type: Date, required: true },
    seenAt: { type: Date, required: true },
    takenAt: Date,
    committedAt: Date,
    servedAt: Date,
    servedFreeMs: Number,
    isStandby: Boolean,
    partitions: { type: [Number], default: undefined },
    redisTrouble: String,
    shed: Schema.Types.Mixed,
  },
  { collection: 'processes', versionKey: false },
);

processSchema.index(
  { seenAt: 1 },
  { name: 'processes_expire', expireAfterSeconds: PROCESSES_KEPT_S },
);
