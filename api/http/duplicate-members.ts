/**
 * Finds a member name that occurs more than once in an object of a JSON text. `JSON.parse` keeps
 * the last member and some other parsers keep the first, so the value that one program checks could
 * differ from the value that another one uses (RFC 8259, 4). For a text without duplicates,
 * comparing two counts is enough.
 * @param text a well-formed JSON text
 * @param value the result of `JSON.parse`
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
  for (const inner of inside) if (typeof inner === 'object') count += countMembers(inner);
  return count;
}

/** Counts the strings that are followed by a colon. `indexOf` skips the text between them fast. */
function countNames(text: string): number {
  let count = 0;
  for (let open = text.indexOf('"'); open >= 0; ) {
    const end = findStringEnd(text, open);
    if (text.charCodeAt(skipBlanks(text, end)) === COLON) count += 1;
    open = text.indexOf('"', end);
  }
  return count;
}

/**
 * Finds the path of the duplicate by walking the text with a stack of the open objects and arrays.
 */
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
      const end = findStringEnd(text, index);
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

/** Returns the index after the string that begins at `open`. */
function findStringEnd(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (isEscaped(text, close)) close = text.indexOf('"', close + 1);
  return close + 1;
}

/** Returns whether an odd number of backslashes precedes the index. */
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
