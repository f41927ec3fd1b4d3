// The arrows between packages, and why each missing one is missing. ARCHITECTURE.md has the picture.
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: `^packages/${from}/src`, pathNot: ['\\.test\\.ts$', '\\.suite\\.ts$', '/testing(\\.ts|/)'] },
  to: { path: '^packages/([^/]+)/', pathNot: [`^packages/(${[from, ...allowed].join('|')})/`] },
})

export default {
  forbidden: [
    only('protocol-stands-alone', 'protocol', [], 'protocol is pure: formats and rules know nobody'),
    only('runtime-below-drivers', 'runtime', ['protocol'], 'runtime gives what the machine has; it knows no messaging'),
    only('node-arrows', 'node', ['protocol', 'runtime'], 'a node must run without any client code'),
    only('client-arrows', 'client', ['protocol', 'runtime'], 'a client must run without any node code'),
    only('web-arrows', 'web', ['client'], 'the app uses the public API of the client and nothing else'),
    only(
      'cli-arrows',
      'cli',
      ['client', 'node', 'runtime', 'protocol'],
      'the terminal program starts nodes and uses the client (ADR 0002)',
    ),
    only(
      'testnet-arrows',
      'testnet',
      ['protocol', 'runtime', 'client', 'node', 'cli'],
      'testnet drives everything but the app',
    ),
    {
      name: 'nothing-imports-testnet',
      severity: 'error',
      comment: 'tests that need two packages live in testnet, so nobody needs it',
      from: { pathNot: '^(packages/testnet|scripts)/' },
      to: { path: '^packages/testnet/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'a cycle is one file in several pieces',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'cryptography-only-in-its-adapters',
      severity: 'error',
      comment: 'one adapter per vendor: runtime/src/crypto-*',
      from: {
        path: '^packages/[^/]+/src',
        pathNot: [
          '^packages/runtime/src/crypto-',
          '\\.test\\.ts$',
          '\\.suite\\.ts$',
          '/testing(\\.ts|/)',
          '^packages/node/src/server/certificate\\.ts$',
        ],
      },
      to: { path: 'node_modules/(libsodium|sodium-native|@noble|@peculiar)' },
    },
    {
      name: 'database-only-in-its-adapters',
      severity: 'error',
      comment: 'one adapter per vendor',
      from: {
        path: '^packages/[^/]+/src',
        pathNot: ['^packages/node/src/store-sqlite/', '^packages/client/src/node/'],
      },
      to: { path: '^node:sqlite$|^sqlite$' },
    },
    {
      name: 'only-index-re-exports',
      severity: 'error',
      comment: 'inside a package, import the file that defines the thing',
      from: { path: '^packages/([^/]+)/src/', pathNot: ['/index\\.ts$', '\\.test\\.ts$', '/testing/'] },
      to: { path: '^packages/$1/src/index\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(\\.svelte$|/dist/|/generated/|^\\.build/)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js'],
    },
  },
}
