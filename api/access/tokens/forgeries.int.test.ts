import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rotateSigningKeys } from '../../../shared/access/system-secrets.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { type ManualClock, manualClock } from '../../../shared/testing/manual-clock.ts';
import { type GivenSeller, type GivenTokens, givenSeller, logIn } from '../../testing/sessions.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const namespace = testNamespace();
let api: TestApi;
let clock: ManualClock;
let seller: GivenSeller;
let buyerToken: string;

beforeAll(async () => {
  clock = manualClock();
  api = await startTestApi(namespace, { clock });
  seller = await givenSeller(api);
  const minted = await api.shopA.post<{ token: string }>('/v1/buyer-tokens', { buyerId: 'ana' });
  buyerToken = minted.body.token;
});
afterAll(() => api.close());

type Json = Record<string, unknown>;

const encode = (part: Json) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part = ''): Json => JSON.parse(Buffer.from(part, 'base64url').toString());

function partsOf(token: string) {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return { header, payload, signature };
}

/**
 * Returns the genuine token with changes, signed by default with the API's key. A value of
 * undefined omits the claim.
 */
function signed(header: Json, claims: Json, key: KeyObject = ownKey()): string {
  const genuine = partsOf(seller.accessToken);
  const head = encode({ ...decode(genuine.header), ...header });
  const input = `${head}.${encode({ ...decode(genuine.payload), ...claims })}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}

function ownKey(): KeyObject {
  const [key] = api.context.config.secrets.signingKeys;
  return createPrivateKey({ key: { ...key }, format: 'jwk' });
}

/**
 * Returns a token signed by HMAC. A verifier that trusts the algorithm in the header would verify
 * it with its own public key as the secret.
 */
function macSigned(header: Json, secret: string | Buffer, digest = 'sha256'): string {
  const genuine = partsOf(seller.accessToken);
  const input = `${encode({ ...decode(genuine.header), ...header })}.${genuine.payload}`;
  return `${input}.${createHmac(digest, secret).update(input).digest('base64url')}`;
}

function withHeader(header: Json, signature = partsOf(seller.accessToken).signature): string {
  const genuine = partsOf(seller.accessToken);
  return `${encode({ ...decode(genuine.header), ...header })}.${genuine.payload}.${signature}`;
}

function withChangedCharacter(token: string, index: number): string {
  const at = index < 0 ? token.length + index : index;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

const foreignKey = () => generateKeyPairSync('ed25519').privateKey;
const publicJwk = () => api.context.signingKeys.jwks.keys[0] ?? {};
const publicPem = () => {
  const key = createPublicKey({ key: { ...publicJwk() }, format: 'jwk' });
  return String(key.export({ format: 'pem', type: 'spki' }));
};
const now = () => Math.floor(clock.now().getTime() / 1_000);

const forgeries: [string, () => string][] = [
  ['alg none, no signature', () => withHeader({ alg: 'none' }, '')],
  ['alg none with the signature', () => withHeader({ alg: 'none' })],
  ['alg None', () => withHeader({ alg: 'None' }, '')],
  ['HS256 with the public key as secret', () => macSigned({ alg: 'HS256' }, String(publicJwk().x))],
  [
    'HS256 with the bytes of the public key as secret',
    () => macSigned({ alg: 'HS256' }, Buffer.from(String(publicJwk().x), 'base64url')),
  ],
  [
    'HS256 with the public JWK as secret',
    () => macSigned({ alg: 'HS256' }, JSON.stringify(publicJwk())),
  ],
  [
    'HS256 with the PEM of the public key as secret',
    () => macSigned({ alg: 'HS256' }, publicPem()),
  ],
  [
    'HS256 with the DER of the public key as secret',
    () => macSigned({ alg: 'HS256' }, Buffer.from(publicPem().replace(/-.*-|\n/g, ''), 'base64')),
  ],
  ['HS512', () => macSigned({ alg: 'HS512' }, String(publicJwk().x), 'sha512')],
  ['the name of another algorithm', () => withHeader({ alg: 'ES256' })],
  ['another key', () => signed({}, {}, foreignKey())],
  [
    'another key, with its public key in the header',
    () => {
      const privateKey = foreignKey();
      const { crv, kty, x } = createPublicKey(privateKey).export({ format: 'jwk' });
      return signed({ jwk: { crv, kty, x } }, {}, privateKey);
    },
  ],
  [
    'another key, with the genuine key in the header',
    () => signed({ jwk: publicJwk() }, {}, foreignKey()),
  ],
  [
    'a URL in the header to get the key from',
    () => signed({ jku: 'http://127.0.0.1/jwks' }, {}, foreignKey()),
  ],
  ['an unknown kid', () => signed({ kid: 'unknown' }, {})],
  ['the kid of the next key', () => signed({ kid: api.context.signingKeys.jwks.keys[1]?.kid }, {})],
  ['no kid', () => signed({ kid: undefined }, {})],
  ['no typ', () => signed({ typ: undefined }, {})],
  ['the typ JWT', () => signed({ typ: 'JWT' }, {})],
  ['the typ of a buyer token', () => signed({ typ: 'buyer+jwt' }, {})],
  ['an unknown critical header', () => signed({ crit: ['lastunit'], lastunit: 1 }, {})],
  ['another issuer', () => signed({}, { iss: 'someone' })],
  ['no issuer', () => signed({}, { iss: undefined })],
  ['another audience', () => signed({}, { aud: 'lastunit:buyer' })],
  ['no audience', () => signed({}, { aud: undefined })],
  ['an expiry that has passed', () => signed({}, { exp: now() - 1 })],
  ['no expiry', () => signed({}, { exp: undefined })],
  ['a start in the future', () => signed({}, { nbf: now() + 60 })],
  ['an issue time in the future', () => signed({}, { iat: now() + 600, exp: now() + 900 })],
  ['no session', () => signed({}, { sid: undefined })],
  ['an unknown session', () => signed({}, { sid: 'ses_00000000000000000000000000' })],
  ['another shop’s id with the caller’s own session', () => signed({}, { sub: api.shopA.shopId })],
  ['a query operator as session', () => signed({}, { sid: { $ne: '' } })],
  ['a changed payload', () => withPayload({ sub: api.shopA.shopId })],
  ['no signature', () => seller.accessToken.replace(/[^.]+$/, '')],
  ['half a signature', () => seller.accessToken.slice(0, -40)],
  ['a changed character in the header', () => withChangedCharacter(seller.accessToken, 5)],
  ['a changed character in the payload', () => withChangedCharacter(seller.accessToken, 150)],
  ['a changed character in the signature', () => withChangedCharacter(seller.accessToken, -20)],
  ['a fourth part', () => `${seller.accessToken}.x`],
  ['two parts', () => seller.accessToken.split('.').slice(0, 2).join('.')],
  ['a refresh token', () => seller.refreshToken],
  ['an API key', () => api.shopA.apiKey],
  ['nothing', () => ''],
  ['a buyer token with the claims of a shop token', () => withPayload({}, buyerToken)],
];

function withPayload(claims: Json, token = seller.accessToken): string {
  const { header, signature } = partsOf(token);
  const payload = { ...decode(partsOf(seller.accessToken).payload), ...claims };
  return `${header}.${encode(payload)}.${signature}`;
}

async function statusOf(path: string, token: string, at: TestApi = api): Promise<number> {
  return (await at.anonymous.get(path, { authorization: `Bearer ${token}` })).status;
}

describe('PROMISES 23: a forged token is refused', () => {
  test('but a genuine token, built in the same way, works', async () => {
    expect(await statusOf('/v1/shop', seller.accessToken)).toBe(200);
    expect(await statusOf('/v1/shop', signed({}, {}))).toBe(200);
    expect(await statusOf('/v1/orders', buyerToken)).toBe(200);
    expect(forgeries.length).toBeGreaterThanOrEqual(25);
  });

  test.each(forgeries)('%s', async (_, forge) => {
    const token = forge();
    for (const path of ['/v1/shop', '/v1/orders']) expect(await statusOf(path, token)).toBe(401);
  });

  test('a token of one kind does not pass as the other', async () => {
    expect(await statusOf('/v1/shop', buyerToken)).toBe(403);
    const { header, payload } = partsOf(buyerToken);
    const { sid } = decode(partsOf(seller.accessToken).payload);
    const claims = { ...decode(payload), sub: seller.shopId, sid };
    const retyped = signed({ ...decode(header), typ: 'at+jwt' }, claims);
    expect(await statusOf('/v1/shop', retyped)).toBe(401);
    const body = { refreshToken: seller.accessToken.slice(0, 100) };
    expect((await api.anonymous.post('/v1/auth/refresh', body)).status).toBe(401);
  });

  test('a token is accepted only in the Authorization header after `Bearer`', async () => {
    const token = seller.accessToken;
    for (const value of [token, `bearer${token}`, `Basic ${token}`, `Bearer  ${token} x`]) {
      expect((await api.anonymous.get('/v1/shop', { authorization: value })).status).toBe(401);
    }
    expect((await api.anonymous.get(`/v1/shop?access_token=${token}`)).status).toBe(401);
  });
});

test('an access token expires after 15 minutes', async () => {
  const fresh = await logIn(api, seller);
  clock.advance(899_000);
  expect(await statusOf('/v1/shop', fresh.accessToken)).toBe(200);
  clock.advance(2_000);
  expect(await statusOf('/v1/shop', fresh.accessToken)).toBe(401);
});

describe('PROMISES 23: keys are rotated', () => {
  test('with overlap: processes with the old or the new list verify every valid token', async () => {
    const { secretsKey, signingKeys: before } = api.context.config.secrets;
    const signingKeys = rotateSigningKeys(before);
    const next = await startTestApi(namespace, { clock, secrets: { signingKeys, secretsKey } });
    const last = await startTestApi(namespace, {
      clock,
      secrets: { signingKeys: rotateSigningKeys(signingKeys), secretsKey },
    });
    try {
      const [old, newer] = [await logIn(api, seller), await logIn(next, seller)];
      const kidOf = ({ accessToken }: GivenTokens) => decode(partsOf(accessToken).header)['kid'];
      expect([kidOf(old), kidOf(newer)]).toEqual([before[0]?.kid, before[1]?.kid]);
      for (const at of [api, next, last]) {
        expect(await statusOf('/v1/shop', old.accessToken, at)).toBe(200);
        expect(await statusOf('/v1/shop', newer.accessToken, at)).toBe(200);
      }
      clock.advance(901_000);
      expect(await statusOf('/v1/shop', old.accessToken, next)).toBe(401);
    } finally {
      await Promise.all([next.close(), last.close()]);
    }
  });

  test('and a token signed by a removed key is refused', async () => {
    const fresh = await logIn(api, seller);
    const { secretsKey, signingKeys } = api.context.config.secrets;
    const secrets = { signingKeys: signingKeys.slice(1), secretsKey };
    const next = await startTestApi(namespace, { clock, secrets });
    try {
      expect(await statusOf('/v1/shop', fresh.accessToken, next)).toBe(401);
    } finally {
      await next.close();
    }
  });

  test('the public keys are published without their private parts', async () => {
    const answer = await api.anonymous.get<{ keys: readonly Json[] }>('/.well-known/jwks.json');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    const { signingKeys } = api.context.config.secrets;
    expect(answer.body.keys).toEqual(
      signingKeys.map(({ kid, x }) => ({
        kid,
        x,
        kty: 'OKP',
        crv: 'Ed25519',
        use: 'sig',
        alg: 'EdDSA',
      })),
    );
    const text = JSON.stringify(answer.body);
    for (const { d } of signingKeys) expect(text).not.toContain(d);
  });
});
