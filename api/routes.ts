import { deleteApiKey, getApiKeys, postApiKey, postRotate } from './access/api-keys/key-routes.ts';
import {
  postLogin,
  postLogout,
  postLogoutEverywhere,
  postPassword,
  postRefresh,
  postSignup,
} from './access/auth/auth-routes.ts';
import { deleteSession, getSessions } from './access/auth/session-routes.ts';
import { postBuyerToken } from './access/buyer-tokens/post-buyer-token.ts';
import { getJwks } from './access/tokens/get-jwks.ts';
import {
  deleteCart,
  deleteCartLine,
  getCart,
  getCarts,
  postAcknowledge,
  postCart,
  postCartLine,
  putCartLine,
} from './carts/cart-routes.ts';
import { getExport, postImport } from './catalog/import-export/file-routes.ts';
import {
  deleteProduct,
  getProduct,
  getProducts,
  getShopProducts,
  patchProduct,
  postProduct,
  postPublish,
  postUnpublish,
} from './catalog/product-routes.ts';
import { getCheckout } from './checkouts/get-checkout.ts';
import { getCheckoutEvents } from './checkouts/get-checkout-events.ts';
import { postCheckout } from './checkouts/post-checkout.ts';
import { postReview } from './checkouts/post-review.ts';
import { postWithdraw } from './checkouts/post-withdraw.ts';
import type { ApiContext } from './context.ts';
import {
  deleteDiscount,
  getDiscount,
  getDiscountProducts,
  getDiscounts,
  patchDiscount,
  postDiscount,
} from './discounts/discount-routes.ts';
import {
  getDraw,
  getDrawEntries,
  getDrawnEntries,
  getDraws,
  postCancelDraw,
  postDraw,
} from './draws/draw-routes.ts';
import type { Route } from './http/route.ts';
import {
  getLevels,
  getMovements,
  getStock,
  patchLevel,
  postAdjustment,
  postAdjustments,
} from './inventory/stock-routes.ts';
import { postAnnotation } from './ops/annotations/post-annotation.ts';
import { getOpsAudit } from './ops/audit/get-ops-audit.ts';
import { getCheckoutHistory, postReplay } from './ops/checkouts/checkout-routes.ts';
import { getDifferences } from './ops/differences/get-differences.ts';
import { postReconcile } from './ops/differences/post-reconcile.ts';
import { getMetrics } from './ops/metrics/get-metrics.ts';
import { getParked, postReplayParked } from './ops/parked/parked-routes.ts';
import { getSales, postEndSale } from './ops/sales/sale-routes.ts';
import { getRecords } from './ops/search/search-routes.ts';
import { postPause, postResume } from './ops/settling/settling-routes.ts';
import { getJudgement } from './ops/verdict/get-judgement.ts';
import { getVerdict } from './ops/verdict/get-verdict.ts';
import { getOrderExport } from './orders/export-routes.ts';
import {
  getOrder,
  getOrders,
  patchOrder,
  postConfirm,
  postDeliver,
  postExtend,
  postShip,
} from './orders/order-routes.ts';
import { patchParcel, postParcel } from './orders/parcel-routes.ts';
import { postErase } from './orders/post-erase.ts';
import { postCancel, postLost, postReturn } from './orders/reduction-routes.ts';
import { getPublicShop, getShop, getShopAudit, patchShop } from './shops/shop-routes.ts';
import {
  deleteStorefront,
  getStorefronts,
  postStorefront,
} from './storefronts/storefront-routes.ts';
import { getHealth, getReadiness } from './system/health-routes.ts';
import { getVariants } from './variants/get-variants.ts';
import {
  getDeliveries,
  postRedeliver,
  postRedeliverSince,
  postTest,
} from './webhooks/delivery-routes.ts';
import { getEvents } from './webhooks/get-events.ts';
import {
  deleteEarlierSecrets,
  deleteWebhook,
  getWebhook,
  getWebhooks,
  patchWebhook,
  postRotateSecret,
  postWebhook,
} from './webhooks/webhook-routes.ts';

/** All routes of the API. */
export const ROUTES: readonly Route<ApiContext>[] = [
  // access
  postSignup,
  postLogin,
  postRefresh,
  postLogout,
  postLogoutEverywhere,
  postPassword,
  getSessions,
  deleteSession,
  getShop,
  getPublicShop,
  patchShop,
  getShopAudit,
  postStorefront,
  getStorefronts,
  deleteStorefront,
  postApiKey,
  getApiKeys,
  postRotate,
  deleteApiKey,
  postBuyerToken,
  postErase,
  getJwks,
  // catalog
  postProduct,
  getProducts,
  // These must come before `/v1/products/{id}`, which would match their paths.
  postImport,
  getExport,
  getProduct,
  patchProduct,
  deleteProduct,
  getShopProducts,
  postPublish,
  postUnpublish,
  getVariants,
  // inventory
  getLevels,
  getStock,
  patchLevel,
  postAdjustments,
  postAdjustment,
  getMovements,
  // carts
  postCart,
  getCarts,
  getCart,
  putCartLine,
  postCartLine,
  deleteCartLine,
  postAcknowledge,
  deleteCart,
  // discounts
  postDiscount,
  getDiscounts,
  getDiscount,
  patchDiscount,
  deleteDiscount,
  getDiscountProducts,
  // draws
  postDraw,
  getDraws,
  getDraw,
  getDrawEntries,
  getDrawnEntries,
  postCancelDraw,
  // checkouts
  postReview,
  postCheckout,
  getCheckout,
  getCheckoutEvents,
  postWithdraw,
  // orders
  getOrders,
  // This must come before `/v1/orders/{id}`, which would match its path.
  getOrderExport,
  getOrder,
  patchOrder,
  postConfirm,
  postCancel,
  postShip,
  postExtend,
  postDeliver,
  postReturn,
  postLost,
  postParcel,
  patchParcel,
  // webhooks
  postWebhook,
  getWebhooks,
  getWebhook,
  patchWebhook,
  deleteWebhook,
  postRotateSecret,
  deleteEarlierSecrets,
  getDeliveries,
  postRedeliver,
  postRedeliverSince,
  postTest,
  getEvents,
  // operations
  getOpsAudit,
  getRecords,
  getCheckoutHistory,
  postReplay,
  getVerdict,
  getJudgement,
  getDifferences,
  postReconcile,
  getParked,
  postReplayParked,
  postPause,
  postResume,
  getSales,
  postEndSale,
  postAnnotation,
  getMetrics,
  // system
  getHealth,
  getReadiness,
];
