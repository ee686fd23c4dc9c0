/**
 * Finds a member name that an object of a JSON text has more than once. `JSON.parse` keeps the last
 * of them, other parsers the first: what was checked by one program could be another value to the
 * next (RFC 8259, 4). The common case costs one count.
 * @param text a well-formed JSON text
 * @param value what `JSON.parse` made of it
 * @returns the path of the repeated member, e.g. `lines.0.quantity`; undefined if there is none
 */
export function findDuplicateMember(text: string, value: unknown): string | undefined {
  return countNames(text) === countMembers(value) ? undefined : findDuplicatePath(text);
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const isArray = Array.isArray(value);
  const inside: unknown[] = isArray ? value : Object.values(value);
  let count = isArray ? 0 : inside.length;
  for (const each of inside) if (typeof each === 'object') count += countMembers(each);
  return count;
}

/** Strings that a colon follows. Native searches skip what stands in between. */
function countNames(text: string): number {
  let count = 0;
  for (let open = text.indexOf('"'); open >= 0; ) {
    const end = endOfString(text, open);
    if (text.charCodeAt(skipBlanks(text, end)) === COLON) count += 1;
    open = text.indexOf('"', end);
  }
  return count;
}

/** Walks the text with a stack of the objects and arrays that are open. */
function findDuplicatePath(text: string): string | undefined {
  const open: { readonly names?: Set<string>; at: string | number }[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    const inner = open.at(-1);
    if (character === '{') open.push({ names: new Set(), at: '' });
    else if (character === '[') open.push({ at: 0 });
    else if (character === '}' || character === ']') open.pop();
    else if (character === ',' && typeof inner?.at === 'number') inner.at += 1;
    else if (character === '"') {
      const end = endOfString(text, index);
      const isName = text.charCodeAt(skipBlanks(text, end)) === COLON;
      if (isName && inner?.names !== undefined) {
        inner.at = JSON.parse(text.slice(index, end)) as string;
        if (inner.names.has(inner.at)) return open.map(({ at }) => at).join('.');
        inner.names.add(inner.at);
      }
      index = end - 1;
    }
  }
  return undefined;
}

const COLON = 0x3a;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** The index behind the string that begins at `open`. */
function endOfString(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (isEscaped(text, close)) close = text.indexOf('"', close + 1);
  return close + 1;
}

/** Whether an odd number of backslashes stands before the index. */
function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (index - first) % 2 === 1;
}

function skipBlanks(text: string, from: number): number {
  let index = from;
  while (text.charCodeAt(index) <= SPACE) index += 1;
  return index;
}
