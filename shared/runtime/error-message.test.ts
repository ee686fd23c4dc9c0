import { expect, test } from 'vitest';
import { describeFailure } from './error-message.ts';

const fault = (name: string, message: string, code?: unknown) =>
  Object.assign(new Error(message), { name, ...(code !== undefined && { code }) });

test.each([
  [
    fault('ReplyError', "NOPERM this user has no permissions to run the 'info' command"),
    /^The Redis user of REDIS_URL lacks a right: .*'info' command\. docs\/operations\.md/,
  ],
  [
    fault('ReplyError', 'ERR Error running script: -NOPERM No permissions to access a key'),
    /lacks a right: No permissions to access a key\./,
  ],
  [fault('ReplyError', 'WRONGPASS invalid username-password pair'), /^Redis does not accept/],
  [fault('ReplyError', 'NOAUTH Authentication required.'), /^Redis does not accept/],
  [
    fault(
      'MongoServerError',
      'not authorized on lastunit to execute command { collMod: "stock", validator: { a: 1 } }',
      13,
    ),
    /^The MongoDB user of MONGODB_URL lacks a right: it may not run collMod on lastunit\. docs/,
  ],
  [fault('MongoServerError', 'Authentication failed.', 18), /^MongoDB does not accept the user/],
  [
    fault('MongooseServerSelectionError', 'connect ECONNREFUSED 127.0.0.1:1'),
    /^MongoDB cannot be reached at MONGODB_URL: connect ECONNREFUSED 127\.0\.0\.1:1$/,
  ],
  [
    Object.assign(new TypeError('Invalid URL'), {
      code: 'ERR_INVALID_URL',
      input: 'redis://:geheim@h:x',
    }),
    /^A URL among the settings is not valid\.$/,
  ],
  [new Error('the database lacks indexes: a.b'), /^the database lacks indexes: a\.b$/],
  [new Error('no mongodb://u:geheim@h'), /^no mongodb:\/\/u:\*\*\*@h$/],
])('%s is explained in one line', (error, line) => {
  expect(describeFailure(error)).toMatch(line);
  expect(describeFailure(error)).not.toContain('\n');
});

test('a programming error keeps its stack trace, without passwords', () => {
  const text = describeFailure(new TypeError('redis://:geheim@h is not a function'));
  expect(text).toContain('error-message.test.ts');
  expect(text).not.toContain('geheim');
});
