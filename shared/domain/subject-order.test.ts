import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inSubjectOrder } from './subject-order.ts';

const entry = (name: string, ...events: [subjectId: string, seq: number][]) => ({
  name,
  events: events.map(([subjectId, seq]) => ({ subjectId, seq })),
});
const names = (entries: readonly { readonly name: string }[]) => entries.map(({ name }) => name);

test('entries keep their order if no subject requires another order', () => {
  const entries = [entry('a', ['x', 1]), entry('b', ['y', 5]), entry('c', ['x', 2], ['y', 6])];
  expect(names(inSubjectOrder(entries))).toEqual(['a', 'b', 'c']);
});

test('an earlier event of a subject precedes its later events, also by way of other subjects', () => {
  const entries = [
    entry('late', ['x', 3]),
    entry('middle', ['x', 2], ['y', 9]),
    entry('y8', ['y', 8]),
  ];
  expect(names(inSubjectOrder(entries))).toEqual(['y8', 'middle', 'late']);
});

test('other entries are included only if they must come first', () => {
  const page = [entry('page', ['x', 4])];
  const others = [entry('after', ['x', 5]), entry('needed', ['x', 3]), entry('else', ['y', 1])];
  expect(names(inSubjectOrder(page, others))).toEqual(['needed', 'page']);
});

test('one entry may have several events of a subject', () => {
  const entries = [entry('b', ['x', 2], ['x', 3], ['x', 3]), entry('a', ['x', 1], ['x', 1])];
  expect(names(inSubjectOrder(entries))).toEqual(['a', 'b']);
});

test('for any order of entries, each subject’s events are in order and none is missing', () => {
  const transactions = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }), {
    maxLength: 30,
  });
  const shuffled = transactions
    .map((subjectLists) => {
      const seqs = new Map<number, number>();
      return subjectLists.map((subjects, index) =>
        entry(
          `${index}`,
          ...subjects.map((subject): [string, number] => {
            const seq = (seqs.get(subject) ?? 0) + 1;
            seqs.set(subject, seq);
            return [`s${subject}`, seq];
          }),
        ),
      );
    })
    .chain((entries) => fc.shuffledSubarray(entries, { minLength: entries.length }));
  fc.assert(
    fc.property(shuffled, (entries) => {
      const ordered = inSubjectOrder(entries);
      expect(names(ordered).sort()).toEqual(names(entries).sort());
      const seen = new Map<string, number>();
      for (const { subjectId, seq } of ordered.flatMap(({ events }) => events)) {
        expect(seq).toBe((seen.get(subjectId) ?? 0) + 1);
        seen.set(subjectId, seq);
      }
    }),
    { numRuns: 100 },
  );
});
