import { Schema } from 'mongoose';

/** The actions that are audited. */
export type AuditAction =
  | 'shop.signed_up'
  | 'shop.changed'
  | 'shop.password_changed'
  | 'session.started'
  | 'session.refused'
  | 'session.refresh_reused'
  | 'session.ended'
  | 'api_key.created'
  | 'api_key.rotated'
  | 'api_key.revoked'
  | 'product.created'
  | 'product.changed'
  | 'product.deleted'
  | 'products.imported'
  | 'stock.adjusted'
  | 'stock.threshold_changed'
  | 'discount.created'
  | 'discount.changed'
  | 'discount.cancelled'
  | 'draw.created'
  | 'draw.cancelled'
  | 'webhook.created'
  | 'webhook.changed'
  | 'webhook.deleted'
  | 'webhook.disabled'
  | 'webhook.secret_rotated'
  | 'webhook.secrets_ended'
  | 'webhook.redelivered'
  | 'webhook.tested'
  | 'storefront.listed'
  | 'storefront.unlisted'
  | 'order.moved'
  | 'order.payment_unmatched'
  | 'order.tracking_corrected'
  | 'order.reservation_extended'
  | 'order.details_changed'
  | 'buyer.erasure_started'
  | 'buyer.erased'
  | 'order.parcel_added'
  | 'order.parcel_corrected'
  | 'checkout.withdrawn'
  | 'ops.job_changed'
  | 'ops.checkout_replayed'
  | 'ops.settling_paused'
  | 'ops.settling_resumed'
  | 'ops.sale_ended'
  | 'ops.demo_sale_started'
  | 'ops.annotated'
  | 'ops.reconciled'
  | 'ops.change_refused'
  | 'ops.login_refused'
  | 'ops.command';

/** Kinds of actors; `nobody` is an unauthenticated caller. */
export type AuditActorKind = 'shop' | 'key' | 'buyer' | 'operator' | 'system' | 'nobody';

interface AuditActor {
  readonly kind: AuditActorKind;
  readonly id: string;
  /** The shop of the key, session or buyer; of an operator the shop for which it acts. */
  readonly shopId?: string;
}

/** The actor of the repairs that `reconcile` makes; no operator may have this name. */
export const REPAIR_ACTOR = { kind: 'operator', id: 'reconcile' } as const;

/** An audit entry: who did what to which thing, from where, in which request. Never changed. */
export interface AuditRecord {
  readonly _id: string;
  readonly at: Date;
  readonly action: AuditAction;
  /** The shop that may read the entry; absent if only operators may. */
  readonly shopId?: string;
  readonly actor: AuditActor;
  /** Id of the thing that was acted on. */
  readonly target?: string;
  readonly outcome: 'done' | 'refused';
  readonly address?: string;
  readonly requestId?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The actor, its address and the request. */
export type AuditSource = Pick<AuditRecord, 'actor' | 'address' | 'requestId'>;

export const auditSchema = new Schema(
  {
    _id: { type: String, required: true },
    at: { type: Date, required: true },
    action: { type: String, required: true },
    shopId: String,
    actor: { kind: String, id: String, shopId: String },
    target: String,
    outcome: { type: String, required: true },
    address: String,
    requestId: String,
    detail: { type: Schema.Types.Mixed },
  },
  { collection: 'audit', versionKey: false },
);

auditSchema.index({ shopId: 1, _id: -1 }, { name: 'audit_of_shop' });
