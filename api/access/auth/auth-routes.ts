import { z } from '@hono/zod-openapi';
import { shopsOnly } from '../../http/access.ts';
import {
  emailAddress,
  enteredPassword,
  newPassword,
  shopName,
} from '../accounts/account-schema.ts';
import { route } from '../context.ts';
import {
  loginExample,
  openedShopExample,
  passwordChangeExample,
  refreshExample,
  signupExample,
} from '../examples.ts';
import { changePassword } from './change-password.ts';
import { logOut } from './end-sessions.ts';
import { logIn, refresh, tokens } from './open-session.ts';
import { signUp } from './sign-up.ts';

const signup = z
  .strictObject({ name: shopName, email: emailAddress, password: newPassword })
  .openapi('Signup', { example: signupExample });

const openedShop = tokens
  .extend({ shop: z.object({ id: z.string(), name: z.string(), email: z.string() }) })
  .openapi('OpenedShop', { example: openedShopExample });

export const postSignup = route(
  {
    method: 'post',
    path: '/v1/auth/signup',
    operationId: 'auth.signUp',
    tag: 'access',
    summary: 'Open a shop',
    description:
      'Opens a shop and its first session. The answer reveals whether an e-mail address is taken, ' +
      'because Lastunit sends no confirmation mail; attempts with taken e-mail addresses are limited.',
    access: { anyone: true },
    body: signup,
    responses: {
      201: { description: 'The shop and the tokens of its session.', schema: openedShop },
      400: { description: 'Bad input.' },
      422: { description: 'The password is too easy to guess (`weak_password`).' },
      409: { description: 'Another shop has the e-mail address (`email_taken`).' },
      429: {
        description:
          'Too many sign-ups from this IP address or in total (`too_many_signups`), or too many ' +
          'attempts with taken e-mail addresses or weak passwords (`too_many_guesses`).',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async (input) => {
    const visitor = { ...input, userAgent: input.c.req.header('user-agent') };
    const opened = await signUp(visitor, input.body);
    const { _id: id, name, email } = opened.shop;
    const body = { shop: { id, name, email }, ...opened.tokens };
    return { status: 201, body };
  },
);

export const postLogin = route(
  {
    method: 'post',
    path: '/v1/auth/login',
    operationId: 'auth.logIn',
    tag: 'access',
    summary: 'Log in',
    description:
      'Starts a new session. The answer for an unknown e-mail address is the same as for a wrong ' +
      'password, and takes the same time.',
    access: { anyone: true },
    body: z
      .strictObject({ email: emailAddress, password: enteredPassword })
      .openapi('Login', { example: loginExample }),
    responses: {
      200: { description: 'The tokens of a session.', schema: tokens },
      400: { description: 'Bad input.' },
      401: { description: 'The e-mail address or the password is wrong (`wrong_credentials`).' },
      429: { description: 'Too many wrong passwords.', headers: { 'Retry-After': 'Seconds.' } },
    },
  },
  async (input) => {
    const visitor = { ...input, userAgent: input.c.req.header('user-agent') };
    const session = await logIn(visitor, input.body);
    return { status: 200, body: session };
  },
);

const REFRESH_TOKEN_LENGTH_MAX = 100;

export const postRefresh = route(
  {
    method: 'post',
    path: '/v1/auth/refresh',
    operationId: 'auth.refresh',
    tag: 'access',
    summary: 'Refresh a session',
    description:
      'Exchanges a refresh token for a new access token and a new refresh token. A refresh token ' +
      'works once. If it is used again, two parties hold the same token, and the whole session ends.',
    access: { anyone: true },
    body: z
      .strictObject({ refreshToken: z.string().min(1).max(REFRESH_TOKEN_LENGTH_MAX) })
      .openapi('Refresh', { example: refreshExample }),
    responses: {
      200: { description: 'The next tokens of the session.', schema: tokens },
      400: { description: 'Bad input.' },
      401: {
        description: 'The refresh token is unknown, used or expired, or its session has ended.',
      },
    },
  },
  async (input) => {
    const refreshed = await refresh(input, input.body.refreshToken);
    return { status: 200, body: refreshed };
  },
);

export const postPassword = route(
  {
    method: 'post',
    path: '/v1/auth/password',
    operationId: 'auth.changePassword',
    tag: 'access',
    summary: 'Change the password',
    description:
      'Ends every session of the shop, including the caller’s, and returns the tokens of a new ' +
      'session.',
    access: shopsOnly,
    body: z
      .strictObject({ currentPassword: enteredPassword, newPassword })
      .openapi('PasswordChange', { example: passwordChangeExample }),
    responses: {
      200: { description: 'The tokens of the new session, the only open one.', schema: tokens },
      400: { description: 'Bad input.' },
      401: { description: 'No valid token, or a wrong password.' },
      422: { description: 'The new password is too easy to guess (`weak_password`).' },
      429: { description: 'Too many wrong passwords.', headers: { 'Retry-After': 'Seconds.' } },
    },
  },
  async (input) => {
    const visitor = { ...input, userAgent: input.c.req.header('user-agent') };
    const session = await changePassword(visitor, input.body);
    return { status: 200, body: session };
  },
);

/** Ends the caller's session. Succeeds if another process has just ended it. */
export const postLogout = route(
  {
    method: 'post',
    path: '/v1/auth/logout',
    operationId: 'auth.logOut',
    tag: 'access',
    summary: 'Log out',
    description: 'Ends the caller’s session: within seconds no process accepts its tokens.',
    access: shopsOnly,
    responses: { 204: { description: 'The session has ended.' } },
  },
  async (input) => {
    const { sessionId = '' } = input.principal;
    await logOut(input, { sessionId, reason: 'logout' });
    return { status: 204 };
  },
);

export const postLogoutEverywhere = route(
  {
    method: 'post',
    path: '/v1/auth/logout-everywhere',
    operationId: 'auth.logOutEverywhere',
    tag: 'access',
    summary: 'Log out everywhere',
    description: 'Ends every session of the shop, including the caller’s.',
    access: shopsOnly,
    responses: { 204: { description: 'All sessions have ended.' } },
  },
  async (input) => {
    await logOut(input, { reason: 'logout' });
    return { status: 204 };
  },
);
