/** An entry's events: their subjects, and their positions among the events of the subject. */
export interface SequencedEntry {
  readonly events: readonly { readonly subjectId: string; readonly seq: number }[];
}

/**
 * Returns the entries in the given order, except that an entry with an earlier event of a subject
 * precedes the entries with its later events. An entry of `others` is included only if it must
 * precede one of `entries`.
 */
export function inSubjectOrder<Entry extends SequencedEntry>(
  entries: readonly Entry[],
  others: readonly Entry[] = [],
): Entry[] {
  const before = predecessors([...entries, ...others]);
  const ordered = new Set<Entry>();
  const visited = new Set<Entry>();
  const visit = (entry: Entry) => {
    if (visited.has(entry)) return;
    visited.add(entry);
    for (const earlier of before.get(entry) ?? []) visit(earlier);
    ordered.add(entry);
  };
  for (const entry of entries) visit(entry);
  return [...ordered];
}

/** Maps each entry to the entries with the event directly before one of its events. */
function predecessors<Entry extends SequencedEntry>(
  entries: readonly Entry[],
): Map<Entry, Set<Entry>> {
  const ownedEvents = entries.flatMap((entry) =>
    entry.events.map((event) => ({ ...event, entry })),
  );
  const bySubject = Map.groupBy(ownedEvents, ({ subjectId }) => subjectId);
  const before = new Map<Entry, Set<Entry>>();
  for (const events of bySubject.values()) {
    if (events.length === 1) continue;
    events.sort((first, second) => first.seq - second.seq);
    let previous: Entry | undefined;
    for (const { entry } of events) {
      if (previous !== undefined && previous !== entry) {
        before.set(entry, (before.get(entry) ?? new Set()).add(previous));
      }
      previous = entry;
    }
  }
  return before;
}
