/** Where a server was to listen, and the setting that says so. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** `HOST` unless given. */
  readonly hostSetting?: string;
}

/**
 * Says why a server cannot listen, in the words of the settings.
 * @returns undefined where the port is taken, and for errors of other kinds
 */
export function explainListenError(error: unknown, place: ListenPlace): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const { host, port, hostSetting = 'HOST' } = place;
  switch (code) {
    case 'EADDRNOTAVAIL':
      return `${hostSetting} is ${host}, which is no address of this machine. 0.0.0.0 takes every address that it has.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${hostSetting} is ${host}, a name that cannot be resolved.`;
    case 'EAFNOSUPPORT':
      return `${hostSetting} is ${host}, and this machine has no network of that kind.`;
    case 'EACCES':
      return `Port ${port} of ${host} needs rights that this process does not have; ports above 1023 need none.`;
    default:
      return undefined;
  }
}
