/** Matches every text that can have the member. Escapes can encode each character of its name. */
const MAY_HAVE_RESERVED = /__proto__|\\u00[5-7]/i;

/**
 * Finds a member named `__proto__`. `JSON.parse` keeps it, but schemas of records drop it, because
 * assigning to it would change an object's prototype. The caller would not notice the loss.
 * @param text a well-formed JSON text
 * @param value the result of `JSON.parse`
 * @returns the path of the member, e.g. `variants.0.options.__proto__`; undefined if there is none
 */
export function findReservedMember(text: string, value: unknown): string | undefined {
  return MAY_HAVE_RESERVED.test(text) ? findIn(value) : undefined;
}

function findIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, '__proto__')) return '__proto__';
  for (const [name, member] of Object.entries(value)) {
    const path = findIn(member);
    if (path !== undefined) return `${name}.${path}`;
  }
  return undefined;
}
