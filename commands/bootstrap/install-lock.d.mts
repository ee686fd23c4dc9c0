export function withInstallLock(
  root: string,
  log: (line: string) => void,
  work: () => Promise<void>,
): Promise<void>;
export function removeLock(lock: string, content: string): void;
