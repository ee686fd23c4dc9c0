export const NODE_MIN: string;
export const NODE_NEEDED: string;
export function isAtLeast(actual: string, wanted: string): boolean;
export function projectNode(
  root: string,
  own?: { versions: { node: string }; execPath: string },
): string | undefined;
