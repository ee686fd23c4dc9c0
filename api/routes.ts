import { deleteApiKey } from './access/api-keys/delete-api-key.ts';
import { getApiKeys } from './access/api-keys/get-api-keys.ts';
import { postApiKey } from './access/api-keys/post-api-key.ts';
import { postRotate } from './access/api-keys/post-rotate.ts';
import { deleteSession } from './access/auth/delete-session.ts';
import { getSessions } from './access/auth/get-sessions.ts';
import { postLogin } from './access/auth/post-login.ts';
import { postLogout } from './access/auth/post-logout.ts';
import { postLogoutEverywhere } from './access/auth/post-logout-everywhere.ts';
import { postPassword } from './access/auth/post-password.ts';
import { postRefresh } from './access/auth/post-refresh.ts';
import { postSignup } from './access/auth/post-signup.ts';
import { postBuyerToken } from './access/buyer-tokens/post-buyer-token.ts';
import { getJwks } from './access/tokens/get-jwks.ts';
import { getShopAudit } from './audit/get-shop-audit.ts';
import { getProduct } from './catalog/get-product.ts';
import { getProducts } from './catalog/get-products.ts';
import { getShopProducts } from './catalog/get-shop-products.ts';
import { postProduct } from './catalog/post-product.ts';
import { postPublish } from './catalog/post-publish.ts';
import { postUnpublish } from './catalog/post-unpublish.ts';
import { getCheckout } from './checkouts/get-checkout.ts';
import { getCheckoutEvents } from './checkouts/get-checkout-events.ts';
import { postCheckout } from './checkouts/post-checkout.ts';
import type { Route } from './http/route.ts';
import { getMovements } from './inventory/get-movements.ts';
import { getStock } from './inventory/get-stock.ts';
import { postAdjustment } from './inventory/post-adjustment.ts';
import { getOpsAudit } from './ops/audit/get-ops-audit.ts';
import { getCheckoutStory } from './ops/checkouts/get-checkout-story.ts';
import { postReplay } from './ops/checkouts/post-replay.ts';
import { getMetrics } from './ops/metrics/get-metrics.ts';
import { getVerdict } from './ops/verdict/get-verdict.ts';
import { getOrder } from './orders/get-order.ts';
import { getOrders } from './orders/get-orders.ts';
import { postCancel } from './orders/post-cancel.ts';
import { postConfirm } from './orders/post-confirm.ts';
import { postDeliver } from './orders/post-deliver.ts';
import { postShip } from './orders/post-ship.ts';
import { getShop } from './shops/get-shop.ts';
import { patchShop } from './shops/patch-shop.ts';
import { getHealth, getReadiness } from './system/health.ts';

/** The whole API, as a table of contents. */
export const ROUTES: readonly Route[] = [
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
  patchShop,
  getShopAudit,
  postApiKey,
  getApiKeys,
  postRotate,
  deleteApiKey,
  postBuyerToken,
  getJwks,
  // catalog
  postProduct,
  getProducts,
  getProduct,
  getShopProducts,
  postPublish,
  postUnpublish,
  // inventory
  getStock,
  postAdjustment,
  getMovements,
  // checkouts
  postCheckout,
  getCheckout,
  getCheckoutEvents,
  // orders
  getOrders,
  getOrder,
  postConfirm,
  postCancel,
  postShip,
  postDeliver,
  // operations
  getOpsAudit,
  getCheckoutStory,
  postReplay,
  getVerdict,
  getMetrics,
  // system
  getHealth,
  getReadiness,
];
