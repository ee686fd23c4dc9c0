import { inAuditedTransaction } from '../../shared/audit/in-audited-transaction.ts';
import { OPERATOR_ROLES, type OperatorRole } from '../../shared/domain/vocabulary.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { REPAIR_ACTOR } from '../../shared/store/collections/audit.ts';
import type { OperatorRecord } from '../../shared/store/collections/operators.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import { DEFAULT_OPERATOR, readGeneratedLogin } from '../start/ops-credentials.ts';
import { type AdminCommand, type CommandValues, required } from './command.ts';
import { choosePassword } from './password.ts';
import { ADMIN_ACTOR, withRecord } from './record.ts';

const OPERATORS_MAX = 1_000;

/** Has no colon, because HTTP Basic ends a name at its first colon. */
const NAME = /^[a-z0-9][a-z0-9._@-]{0,63}$/i;

/** Adds an operator, who can sign in at once. */
export const addOperator: AdminCommand = {
  usage: `NAME --role ${OPERATOR_ROLES.join('|')} [--password-stdin]`,
  help: 'adds an operator of /ops; prints the password',
  argument: 'NAME',
  options: { role: { type: 'string' }, 'password-stdin': { type: 'boolean' } },
  run: async (values, stdin) => {
    const name = await parseName(values);
    const role = parseRole(values);
    const { passwordHash, toShow } = await choosePassword(values, stdin, [name]);
    return withRecord(async ({ store, toEntry }) => {
      const operator = { _id: name, role, passwordHash, createdAt: new Date() };
      const adding = inAuditedTransaction(
        store,
        (session) => store.operators.insertOne(operator, { session }),
        () => toEntry({ command: 'operators add', target: name, detail: { role } }),
      );
      await adding.catch((error: unknown) => {
        if (!isDuplicateKey(error)) throw error;
        throw new Error(`There is already an operator ${name}.`);
      });
      return { operator: { name, role, ...toShow } };
    });
  },
};

/** Lists the first `OPERATORS_MAX` operators by name, without the hashes of their passwords. */
export const listOperators: AdminCommand = {
  usage: '',
  help: 'lists the operators with their roles',
  options: {},
  run: () =>
    withRecord(async ({ store, note }) => {
      const operators = await store.operators
        .find<Omit<OperatorRecord, 'passwordHash'>>({}, { projection: { passwordHash: 0 } })
        .sort({ _id: 1 })
        .limit(OPERATORS_MAX)
        .toArray();
      await note({ command: 'operators list', target: 'operators' });
      return operators.map(({ _id, role, createdAt }) => ({ name: _id, role, createdAt }));
    }),
};

/** Sets a new password for an operator. The old password stops working at once. */
export const setOperatorPassword: AdminCommand = {
  usage: 'NAME [--password-stdin]',
  help: 'sets a new password for an operator; the old password stops working at once',
  argument: 'NAME',
  options: { 'password-stdin': { type: 'boolean' } },
  run: async (values, stdin) => {
    const name = required(values, 'NAME');
    const { passwordHash, toShow } = await choosePassword(values, stdin, [name]);
    return withRecord(async ({ store, toEntry }) => {
      const changed = await inAuditedTransaction(
        store,
        (session) =>
          store.operators.findOneAndUpdate({ _id: name }, { $set: { passwordHash } }, { session }),
        () => toEntry({ command: 'operators password', target: name }),
      );
      if (changed === null) throw noSuchOperator(name);
      return { operator: { name, ...toShow } };
    });
  },
};

/** Removes an operator, who is signed out at once. */
export const removeOperator: AdminCommand = {
  usage: 'NAME',
  help: 'removes an operator and signs them out',
  argument: 'NAME',
  options: {},
  run: (values) =>
    withRecord(async ({ store, toEntry }) => {
      const name = required(values, 'NAME');
      const removed = await inAuditedTransaction(
        store,
        (session) => store.operators.findOneAndDelete({ _id: name }, { session }),
        () => toEntry({ command: 'operators remove', target: name }),
      );
      if (removed === null) throw noSuchOperator(name);
      return { removed: name };
    }),
};

function noSuchOperator(name: string): Error {
  return new Error(`There is no operator ${name}: npm run admin -- operators list`);
}

async function parseName(values: CommandValues): Promise<string> {
  const name = required(values, 'NAME');
  if (!NAME.test(name)) {
    throw new Error(
      'NAME must have 1 to 64 characters: letters, digits and . _ @ -, beginning with a letter or digit.',
    );
  }
  const { opsUsername, dataDir } = readEnv();
  const generated = await readGeneratedLogin(dataDir);
  const taken = [ADMIN_ACTOR, REPAIR_ACTOR.id, DEFAULT_OPERATOR, opsUsername, generated?.username];
  if (taken.includes(name)) {
    throw new Error(`The audit log uses the name ${name} for another operator.`);
  }
  return name;
}

function parseRole(values: CommandValues): OperatorRole {
  const text = required(values, 'role');
  const role = OPERATOR_ROLES.find((known) => known === text);
  if (role !== undefined) return role;
  throw new Error(`--role must be ${OPERATOR_ROLES.join(' or ')}.`);
}
