/** Which way imports point. Each rule has a comment with its reason. */

const except = (...folders) => `^(?!(?:${folders.join('|')}))`;
/** The files that define routes: `get-x.ts` by the method of its route, `x-routes.ts` for several routes of a subject. */
const handlers = '^api/.+/(?:(?:get|post|put|patch|delete)-[^/]+|[^/]+-routes)\\.ts$';

/**
 * The folders of api/ from the bottom up. A folder imports from rows above it only, so each can be
 * understood with what comes before it; the files of api/ itself compose them all.
 */
const apiLayers = [
  ['http'],
  ['audit', 'limits', 'server', 'system'],
  ['access'],
  ['catalog', 'storefronts'],
  ['discounts', 'draws', 'inventory', 'orders', 'pricing', 'shops', 'webhooks'],
  ['carts', 'variants'],
  ['checkouts'],
  ['docs', 'ops'],
];

const tests = '\\.test\\.ts$|(^|/)testing/|^tests/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that import each other in a circle can only be understood together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that no file imports and that starts no process is dead.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '\\.(test|d)\\.ts$',
          '^commands/',
          'main\\.(ts|go)$',
          '\\.cjs$',
          'vitest\\.config\\.ts$',
          '^loadtest/k6/script/',
          '^api/(ops/observatory|ops/board|draws|docs)/page/',
        ],
      },
      to: {},
    },
    {
      name: 'domain-is-pure',
      comment:
        'Decisions are functions of their arguments: no IO, no clock, no randomness. The two ' +
        'allowed packages are pure functions too.',
      severity: 'error',
      from: { path: '^shared/domain/', pathNot: tests },
      to: { pathNot: '^(shared/domain|node_modules/(any-ascii|pluralize))/' },
    },
    {
      name: 'only-the-ledger-writes-stock',
      comment:
        'Stock, orders and movements change by the verbs of the ledger; others only read them.',
      severity: 'error',
      from: { pathNot: `^shared/(ledger|store)/|${tests}` },
      to: { path: '^shared/store/writable\\.ts$' },
    },
    {
      name: 'shared-knows-no-process',
      comment: 'The code that both processes share must not depend on either of them.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(api|worker|loadtest|tests|commands)/' },
    },
    {
      name: 'api-and-worker-are-apart',
      comment: 'They meet in MongoDB and Redis only, so that each can be run and scaled alone.',
      severity: 'error',
      from: { path: '^api/' },
      to: { path: '^(worker|loadtest|tests|commands)/' },
    },
    {
      name: 'worker-and-api-are-apart',
      comment: 'They meet in MongoDB and Redis only, so that each can be run and scaled alone.',
      severity: 'error',
      from: { path: '^worker/' },
      to: { path: '^(api|loadtest|tests|commands)/' },
    },
    {
      name: 'routes-are-in-handlers',
      comment: 'The rules about handlers find them by their names, so each must have such a name.',
      severity: 'error',
      from: { path: '^api/routes\\.ts$' },
      to: { pathNot: [handlers, '^api/(context|http/route)\\.ts$'] },
    },
    {
      name: 'handlers-call-a-verb',
      comment: 'A handler parses, calls one verb and answers; the verb writes and decides.',
      severity: 'error',
      from: { path: handlers, pathNot: tests },
      to: {
        path: '^shared/(access|ledger|locks|queue|store)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'verbs-record-the-audit',
      comment: 'A verb records what it did, so every caller of it is recorded.',
      severity: 'error',
      from: { path: handlers, pathNot: tests },
      to: { path: '^(api/audit/record-audit\\.ts$|shared/audit/)' },
    },
    ...apiLayers.flatMap((folders, layer) =>
      folders.map((folder) => ({
        name: `api-${folder}-imports-downwards`,
        comment:
          'The folders of api/ have one order; code that two of them share belongs below both.',
        severity: 'error',
        from: { path: `^api/${folder}/`, pathNot: tests },
        to: {
          path: '^api/',
          pathNot: `^api/(${[folder, ...apiLayers.slice(0, layer).flat()].join('|')})/`,
        },
      })),
    ),
    {
      name: 'api-folders-have-a-place',
      comment: 'A new folder of api/ gets a row in the order above.',
      severity: 'error',
      from: {},
      to: { path: '^api/[^/]+/', pathNot: `^api/(${[...apiLayers.flat(), 'testing'].join('|')})/` },
    },
    {
      name: 'http-stays-in-http-and-handlers',
      comment: 'Verbs take values, not requests: they can be called and tested without a router.',
      severity: 'error',
      from: {
        path: '^api/',
        pathNot: [
          tests,
          handlers,
          '^api/(http|server)/',
          '^api/(app|dispatch)\\.ts$',
          '^api/(docs/mount-docs|ops/guard/guard|ops/board/queue-board|ops/observatory/mount-observatory|draws/mount-draw-page)\\.ts$',
        ],
      },
      to: { path: 'node_modules/(hono|@hono/node-server)/' },
    },
    {
      name: 'http-stays-in-the-api',
      comment: 'Nothing below the API may know that there is HTTP.',
      severity: 'error',
      from: { path: '^(shared|worker)/' },
      to: { path: 'node_modules/(hono|@hono|jose)/' },
    },
    {
      name: 'mongoose-stays-in-the-store',
      comment:
        'Only the store knows how documents are kept; others use its types and functions. ' +
        'The services need the driver to create a replica set.',
      severity: 'error',
      from: { path: except('shared/store/', 'shared/services/'), pathNot: tests },
      to: { path: 'node_modules/(mongoose|mongodb)/' },
    },
    {
      name: 'redis-stays-behind-its-modules',
      comment: 'Redis is disposable: code that uses it must cope with losing it.',
      severity: 'error',
      from: {
        path: '^(api|worker|shared)/',
        pathNot: [
          tests,
          '^shared/(queue|locks|services)/',
          '^worker/settle-checkouts/(processor|takeover)\\.ts$',
          '^worker/deliver-webhooks/start-webhooks\\.ts$',
        ],
      },
      to: { path: 'node_modules/(bullmq|ioredis)/' },
    },
    {
      name: 'opentelemetry-stays-in-tracing',
      comment:
        'Spans are recorded through one interface, which does nothing unless it is configured.',
      severity: 'error',
      from: { path: '^(api|worker|shared)/', pathNot: '^shared/tracing/otlp-tracing\\.ts$' },
      to: { path: 'node_modules/@opentelemetry/' },
    },
    {
      name: 'opentelemetry-is-loaded-on-demand',
      comment: 'Without traces a process must not load the SDK, which takes time and memory.',
      severity: 'error',
      from: { pathNot: tests },
      to: { path: '^shared/tracing/otlp-tracing\\.ts$', dynamic: false },
    },
    {
      name: 'system-tests-do-not-load',
      comment:
        'System tests must not depend on the bench, k6 or the replay. `loadtest/system` finds ' +
        'and calls a running system, which both need.',
      severity: 'error',
      from: { path: '^tests/' },
      to: { path: '^loadtest/(?!system/)' },
    },
    {
      name: 'load-does-not-need-system-tests',
      comment: 'The load programs run without the system tests; only their own tests use the rig.',
      severity: 'error',
      from: { path: '^loadtest/', pathNot: '\\.int\\.test\\.ts$' },
      to: { path: '^tests/' },
    },
    {
      name: 'no-test-code-in-the-product',
      comment: 'The product must not need code that is only for tests.',
      severity: 'error',
      from: { pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'client-stands-alone',
      comment:
        'The client is a package of its own that also runs in browsers: it imports nothing of ' +
        'this project, no module of Node, and not its own command line, which needs Node.',
      severity: 'error',
      from: { path: '^client/(?!cli/)', pathNot: tests },
      to: { pathNot: '^(client/(?!cli/)|node_modules/)' },
    },
    {
      name: 'cli-uses-the-client-only',
      comment:
        'The command line of the client is a part of its package and needs nothing of this project.',
      severity: 'error',
      from: { path: '^client/cli/', pathNot: tests },
      to: { path: '^(api|worker|shared|loadtest|tests|commands|examples)/' },
    },
    {
      name: 'examples-use-the-client-only',
      comment: 'An example is what a user could write: it knows the API through the client.',
      severity: 'error',
      from: { path: '^examples/', pathNot: tests },
      to: { path: '^(api|worker|shared|loadtest|tests|commands)/' },
    },
    {
      name: 'the-system-does-not-need-its-client',
      comment: 'The client is generated from the system, so it must not be a part of it.',
      severity: 'error',
      from: { path: '^(api|worker|shared|loadtest|commands)/', pathNot: tests },
      to: { path: '^(client|examples)/' },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'A package that is used but not declared is missing after the next install.',
      severity: 'error',
      from: { path: '^(api|worker|shared|client)/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^client/dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
