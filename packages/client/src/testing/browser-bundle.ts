import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

/**
 * A module with its imports as one script for browsers. `node:test` becomes our own; `expect` is the real one, whose
 * helpers import modules of Node.js only for what no browser test does: they get just enough to be loaded.
 */
export async function bundleForBrowser(entry: URL): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'chrome120',
    sourcemap: 'inline',
    logLevel: 'silent',
    define: { global: 'globalThis', __dirname: '"/"', __filename: '"/"' },
    banner: { js: PROCESS },
    plugins: [standIns],
  })
  return result.outputFiles[0]!.text
}

const PROCESS = `globalThis.process ??= { env: {}, argv: [], versions: {}, platform: 'browser', cwd: () => '/', stdout: {}, stderr: {} }`

const NODE_MODULE = `
  const text = (...parts) => parts.join('/')
  module.exports = {
    resolve: text, join: text, normalize: text, dirname: text, basename: text, relative: text, extname: text, sep: '/',
    isAbsolute: () => true, pathToFileURL: (href) => ({ href }), isUint8Array: (value) => value instanceof Uint8Array,
    builtinModules: [], types: {},
  }`

/** Only the dependencies of `expect` may import modules of Node.js: in our own code that is an error. */
const standIns: Plugin = {
  name: 'stand-ins',
  setup(bundler) {
    const ownTest = fileURLToPath(new URL('browser-node-test.ts', import.meta.url))
    bundler.onResolve({ filter: /^node:test$/ }, () => ({ path: ownTest }))
    bundler.onResolve({ filter: /^[a-z:/-]+$/ }, ({ path, importer }) => {
      const isNodeModule = builtinModules.includes(path) || path === 'graceful-fs'
      const isForeign = importer.includes('node_modules')
      return isNodeModule && isForeign ? { path, namespace: 'node-module' } : undefined
    })
    bundler.onLoad({ filter: /.*/, namespace: 'node-module' }, () => ({ contents: NODE_MODULE, loader: 'js' }))
  },
}
