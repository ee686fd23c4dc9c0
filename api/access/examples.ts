import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

const CREATED_AT = '2026-03-01T09:30:00.000Z';

const shop = { id: EXAMPLE_IDS.shop, name: 'Harbour Goods', email: 'owner@harbour.example' };

export const signupExample = {
  name: 'Harbour Goods',
  email: 'owner@harbour.example',
  password: 'seven grey herons wade',
};

export const loginExample = {
  email: 'owner@harbour.example',
  password: 'seven grey herons wade',
};

export const passwordChangeExample = {
  currentPassword: 'seven grey herons wade',
  newPassword: 'nine red kites circle',
};

export const refreshExample = { refreshToken: 'lur_Qm9hdHMgYXJlIGZvciBzYWlsaW5n' };

export const tokensExample = {
  accessToken: 'eyJhbGciOiJFZERTQSJ9.e30.AA',
  refreshToken: 'lur_Qm9hdHMgYXJlIGZvciBzYWlsaW5n',
  expiresIn: 900,
};

export const openedShopExample = { ...tokensExample, shop };

export const shopExample = {
  ...shop,
  openToStorefronts: true,
  heldShareMax: 1,
  createdAt: CREATED_AT,
};

export const sessionExample = {
  id: EXAMPLE_IDS.session,
  createdAt: CREATED_AT,
  lastUsedAt: '2026-03-02T08:00:00.000Z',
  expiresAt: '2026-04-01T08:00:00.000Z',
  userAgent: 'Mozilla/5.0',
  address: '203.0.113.7',
  current: true,
};

export const apiKeyRequestExample = {
  name: 'web shop',
  scopes: ['catalog:read', 'carts:write', 'checkouts:write', 'orders:write'],
};

export const apiKeyExample = {
  ...apiKeyRequestExample,
  id: EXAMPLE_IDS.key,
  requireSignature: false,
  createdAt: CREATED_AT,
  lastUsedAt: '2026-03-02T08:00:00.000Z',
};

export const newApiKeyExample = {
  ...apiKeyExample,
  apiKey: 'lu_dGhlIGtleSBpcyBzaG93biBvbmNl',
  keyId: EXAMPLE_IDS.key,
  signingSecret: 'c2lnbnMgcmVxdWVzdHM',
};
