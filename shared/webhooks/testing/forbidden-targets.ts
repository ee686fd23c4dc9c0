/** A URL that webhooks must not reach. */
export interface ForbiddenTarget {
  readonly url: string;
  /** What the host name resolves to; absent if the URL by itself is refused. */
  readonly addresses?: readonly string[];
}

/** Spellings of addresses and names that mean this machine. */
const OWN_HOSTS = [
  '127.0.0.1',
  '127.0.0.1.',
  '127.1',
  '127.0.1',
  '127.255.255.254',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0x7f.0x0.0x0.0x1',
  '017700000001',
  '0177.0.0.1',
  '%31%32%37.0.0.1',
  '①②⑦.⓪.⓪.①',
  '１２７。０。０。１',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'hooks.localhost',
  '0.0.0.0',
  '0',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:7f00:0001]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
];

/** Other addresses that are not public, at least one of each kind. */
const OTHER_HOSTS = [
  '10.0.0.1',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.254',
  '192.168.1.1',
  '0300.0250.1.1',
  '3232235777',
  '169.254.169.254',
  '0xa9fea9fe',
  '[::ffff:169.254.169.254]',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
  '168.63.129.16',
  '2822734096',
  '[::ffff:168.63.129.16]',
  '192.0.0.192',
  '100.100.100.200',
  '100.64.0.1',
  '100.127.255.254',
  '192.0.0.8',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.9',
  '192.88.99.1',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '[fe80::1]',
  '[fec0::1]',
  '[fc00::1]',
  '[fdff::1]',
  '[ff02::1]',
  '[2001:db8::1]',
  '[2001::1]',
  '[3fff::1]',
  '[100::1]',
  '[5f00::1]',
];

/**
 * Lists of addresses that a name resolves to. One address that is not public makes the name
 * forbidden.
 */
const RESOLVED: readonly (readonly string[])[] = [
  ['127.0.0.1'],
  ['127.0.0.53'],
  ['10.1.2.3'],
  ['169.254.169.254'],
  ['168.63.129.16'],
  ['100.64.3.2'],
  ['0.0.0.0'],
  ['::1'],
  ['::'],
  ['::ffff:127.0.0.1'],
  ['::ffff:10.0.0.1'],
  ['64:ff9b::7f00:1'],
  ['2002:7f00:1::'],
  ['fd12:3456::1'],
  ['fe80::1'],
  ['::7f00:1'],
  ['1.1.1.1', '127.0.0.1'],
  ['2606:4700::1111', '::1'],
  ['1.1.1.1', 'not an address'],
];

/** URLs with other schemes, and with parts that are not allowed. */
const ODD_URLS = [
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_FLUSHALL',
  'data:text/plain,hello',
  'javascript:alert(1)',
  'http://user:secret@example.com/',
  'http://user@example.com/',
];

/**
 * Returns all forbidden targets. Their URLs have the scheme http and this port, except `ODD_URLS`.
 */
export function forbiddenTargets(port: number): ForbiddenTarget[] {
  return [
    ...OWN_HOSTS.map((host) => ({ url: `http://${host}:${port}/hooks` })),
    ...OTHER_HOSTS.map((host) => ({ url: `http://${host}:${port}/hooks` })),
    ...ODD_URLS.map((url) => ({ url })),
    ...RESOLVED.map((addresses, index) => ({
      url: `http://inside-${index}.example.com:${port}/hooks`,
      addresses,
    })),
  ];
}
