const DEFAULT_PORT = 6379;
const CLUSTER = /^(rediss?)\+cluster:\/\/(?:([^@/]*)@)?([^/?]+)\/?$/;

/** The location of Redis. */
export interface RedisPlace {
  /** Nodes of a cluster, from which the client learns the others; undefined for a single Redis. */
  readonly nodes?: readonly { readonly host: string; readonly port: number }[];
  readonly access: {
    readonly username?: string;
    readonly password?: string;
    readonly tls?: Record<string, never>;
  };
}

/**
 * Parses the URL of a cluster: `redis+cluster://user:password@host:port,host:port`, or
 * `rediss+cluster://…` for TLS. Any other URL names a single Redis and is left to the client to
 * parse.
 */
export function parseRedisUrl(url: string): RedisPlace {
  const [, scheme, login, hosts] = CLUSTER.exec(url) ?? [];
  if (hosts === undefined) return { access: {} };
  // A password may contain further colons.
  const [, username = '', password] = /^([^:]*)(?::(.*))?$/.exec(login ?? '') ?? [];
  return {
    nodes: hosts.split(',').map(parseNode),
    access: {
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== undefined && { password: decodeURIComponent(password) }),
      ...(scheme === 'rediss' && { tls: {} }),
    },
  };
}

/** Parses `host:port`, `host` or `[::1]:port`. */
function parseNode(text: string) {
  const [, host = text, port] = /^(.+?)(?::(\d+))?$/.exec(text) ?? [];
  return {
    host: host.replace(/^\[(.+)\]$/, '$1'),
    port: port === undefined ? DEFAULT_PORT : Number(port),
  };
}
