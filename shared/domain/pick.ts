/** Applies a change to a value: `null` removes it, and undefined keeps it. */
export function changeValue<T>(
  current: T | undefined,
  change: T | null | undefined,
): T | undefined {
  return change === undefined ? current : (change ?? undefined);
}

/** Returns a new object with these members of `from`. Absent and undefined members are omitted. */
export function pick<T extends object, Name extends keyof T>(
  from: T,
  ...names: readonly Name[]
): { [Key in Name]: Exclude<T[Key], undefined> } {
  const present = names.filter((name) => from[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, from[name]])) as {
    [Key in Name]: Exclude<T[Key], undefined>;
  };
}
