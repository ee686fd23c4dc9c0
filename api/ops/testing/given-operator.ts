import { randomUUID } from 'node:crypto';
import type { OperatorRole } from '../../../shared/domain/vocabulary.ts';
import type { OperatorRecord } from '../../../shared/store/collections/operators.ts';
import { PasswordHasher } from '../../access/passwords/password-hash.ts';
import type { TestApi } from '../../testing/start-test-api.ts';
import { login } from './ops-calls.ts';

/** An operator in the database, with the header of the operator’s login. */
export interface GivenOperator {
  readonly name: string;
  readonly password: string;
  readonly headers: { readonly authorization: string };
}

/** Adds an operator with this role. */
export async function givenOperator(
  { context }: Pick<TestApi, 'context'>,
  role: OperatorRole,
  name = `operator-${randomUUID()}`,
): Promise<GivenOperator> {
  const password = `the password of ${name}`;
  const passwordHash = await new PasswordHasher().hash(password, 'change');
  const record: OperatorRecord = { _id: name, role, passwordHash, createdAt: new Date() };
  await context.store.operators.insertOne(record);
  return { name, password, headers: login(name, password) };
}
