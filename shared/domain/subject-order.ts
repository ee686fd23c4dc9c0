/** What is known of an entry's events: whose they are, and where they stand among that subject's. */
export interface SequencedEntry {
  readonly events: readonly { readonly subjectId: string; readonly seq: number }[];
}

/**
 * Entries in the order given, but for those that have an event later in its subject than an event
 * of an entry given after them: that one goes before. Of `others` only those are taken in that have
 * to go before one of `entries`.
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

/** For each entry those that hold the event before one of its own. */
function predecessors<Entry extends SequencedEntry>(
  entries: readonly Entry[],
): Map<Entry, Set<Entry>> {
  const bySubject = new Map<string, { readonly entry: Entry; readonly seq: number }[]>();
  for (const entry of entries) {
    for (const { subjectId, seq } of entry.events) {
      const known = bySubject.get(subjectId);
      if (known === undefined) bySubject.set(subjectId, [{ entry, seq }]);
      else known.push({ entry, seq });
    }
  }
  const before = new Map<Entry, Set<Entry>>();
  for (const events of bySubject.values()) {
    if (events.length === 1) continue;
    events.sort((one, other) => one.seq - other.seq);
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
