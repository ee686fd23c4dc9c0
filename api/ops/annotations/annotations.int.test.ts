import { expect, test } from 'vitest';
import { expectDocumented } from '../../testing/documented-answer.ts';
import { openTestApi, TEST_OPERATOR } from '../../testing/start-test-api.ts';
import { givenOperator } from '../testing/given-operator.ts';
import { asOperator, callOps } from '../testing/ops-calls.ts';
import { postAnnotation } from './post-annotation.ts';

const api = await openTestApi({ isOpsWritable: true });
const readOnlyApi = await openTestApi();
const page = { method: 'GET', path: '/ops' };

function annotate(body: unknown, headers: Readonly<Record<string, string>> = asOperator) {
  return callOps(api.url, { method: 'POST', path: '/ops/annotations' }, headers, body);
}

const countAnnotations = () => api.context.store.audit.countDocuments({ action: 'ops.annotated' });

test('an annotation is in the audit log, with the operator and the request', async () => {
  const { name, headers } = await givenOperator(api, 'admin');
  const answer = await annotate({ text: '  k6 hot, short: 50/s for 3 s ' }, headers);
  const text = 'k6 hot, short: 50/s for 3 s';
  const id = expect.stringMatching(/^aud_/);
  expect([answer.status, answer.body]).toEqual([201, { id, text }]);
  expectDocumented(postAnnotation, answer);
  const entry = await api.context.store.audit.findOne({ _id: String(answer.body['id']) });
  expect(entry).toMatchObject({
    action: 'ops.annotated',
    outcome: 'done',
    actor: { kind: 'operator', id: name },
    requestId: answer.headers.get('x-request-id'),
    detail: { text },
  });
  expect(entry).not.toHaveProperty('shopId');
});

test.each([
  ['a missing text', {}, 'text'],
  ['an empty text', { text: '' }, 'text'],
  ['a blank text', { text: ' \n' }, 'text'],
  ['a text of 201 characters', { text: 'x'.repeat(201) }, 'text'],
  ['a number as text', { text: 1 }, 'text'],
  ['a query operator as text', { text: { $ne: '' } }, 'text'],
  ['an unknown field', { text: 'x', at: '2030-01-01T00:00:00Z' }, 'at'],
])('an annotation with %s is refused, and the error names the field', async (_, request, path) => {
  const before = await countAnnotations();
  const { status, body } = await annotate(request);
  expect([status, body['code']]).toEqual([400, 'invalid_request']);
  expect(body['errors']).toEqual([expect.objectContaining({ path })]);
  expect(await countAnnotations()).toBe(before);
});

test('a text may have 200 characters', async () => {
  expect((await annotate({ text: 'x'.repeat(200) })).status).toBe(201);
});

test('a read-only operator cannot annotate and sees no form', async () => {
  const { headers } = await givenOperator(api, 'read-only');
  const { status, body } = await annotate({ text: 'x' }, headers);
  expect([status, body['code']]).toEqual([403, 'ops_read_only']);
  expect((await callOps(api.url, page, headers)).text).not.toContain('mark-form');
  expect((await callOps(api.url, page)).text).toContain('mark-form');
});

test('while changes are switched off, annotating is refused, and the page has no form', async () => {
  const call = { method: 'POST', path: '/ops/annotations' };
  const { status, body } = await callOps(readOnlyApi.url, call, asOperator, { text: 'x' });
  expect([status, body['code']]).toEqual([403, 'ops_read_only']);
  const observatory = await callOps(readOnlyApi.url, page);
  expect(observatory.text).toContain('Marks of the last ten minutes');
  expect(observatory.text).not.toContain('mark-form');
});

test('a request from a page of another site is refused', async () => {
  const headers = { ...asOperator, origin: 'https://evil.example' };
  const { status, body } = await annotate({ text: 'x' }, headers);
  expect([status, body['code']]).toEqual([403, 'cross_site_request']);
  const actor = { 'actor.id': TEST_OPERATOR.username, 'detail.text': 'x' };
  expect(await api.context.store.audit.countDocuments(actor)).toBe(0);
});
