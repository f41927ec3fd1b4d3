/**
 * What turns the files of a build into an app that can be checked: integrity in the page's tags, a service worker that
 * knows every file, and `build.json`, which lists them all. docs/app.md has the formats. The same sources give the same
 * bytes: nothing here knows the time, the machine or the folder.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { build, type Plugin } from 'vite'

const INDEX = 'index.html'
const SERVICE_WORKER = 'service-worker.js'
const MANIFEST = 'build.json'

type BuildFile = { readonly path: string; readonly size: number; readonly integrity: string }

/** Finishes a build in its folder. `release` is the version that people read. */
export function appBuild({ release }: { release: string }): Plugin {
  let folder = ''
  let failed = false
  return {
    name: 'app-build',
    apply: 'build',
    configResolved: (config) => {
      folder = config.build.outDir
    },
    buildEnd: (error) => {
      failed = error !== undefined
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      handler: () => (failed ? Promise.resolve() : finish(folder, release)),
    },
  }
}

async function finish(folder: string, release: string): Promise<void> {
  const index = join(folder, INDEX)
  writeFileSync(index, withIntegrity(readFileSync(index, 'utf8'), folder))
  const worker = await bundleServiceWorker()
  const id = idOf([...listFiles(folder), worker])
  writeFileSync(index, withBuild(readFileSync(index, 'utf8'), `${release} (${id})`))
  const known = JSON.stringify({ release, id, files: listFiles(folder) })
  writeFileSync(join(folder, SERVICE_WORKER), `globalThis.starlingBuild=${known};\n${worker}`)
  const manifest = { version: 1, release, build: id, files: listFiles(folder) }
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`)
}

/** All files but hidden ones, by path. */
function listFiles(folder: string): BuildFile[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => !name.startsWith('.') && statSync(join(folder, name)).isFile())
    .map((name) => {
      const body = readFileSync(join(folder, name))
      return { path: name.split(sep).join('/'), size: body.length, integrity: integrityOf(body) }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function integrityOf(body: Uint8Array): string {
  return `sha384-${createHash('sha384').update(body).digest('base64')}`
}

/** Names what was built: the first 40 bits of a hash of all that it consists of. */
function idOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 10)
}

/** Scripts, style sheets and preloads of modules are run only if they are what was built. */
function withIntegrity(html: string, folder: string): string {
  return html.replace(/<(?:script|link)\b[^>]*>/g, (tag) => {
    const path = /\s(?:src|href)="\.\/([^"]+)"/.exec(tag)?.[1]
    const isChecked = tag.startsWith('<script') || /rel="(?:stylesheet|modulepreload)"/.test(tag)
    if (path === undefined || !isChecked) return tag
    return tag.replace(/\s*\/?>$/, ` integrity="${integrityOf(readFileSync(join(folder, path)))}">`)
  })
}

function withBuild(html: string, version: string): string {
  return html.replace('<title>', `<meta name="starling-version" content="${version}" />\n    <title>`)
}

/** One classic script without imports: not every browser takes modules here. It finds its build in a global. */
async function bundleServiceWorker(): Promise<string> {
  const output = await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'error',
    publicDir: false,
    build: {
      target: 'es2022',
      write: false,
      rolldownOptions: {
        input: join(import.meta.dirname, 'src/pwa/service-worker.ts'),
        output: { format: 'iife', entryFileNames: SERVICE_WORKER },
      },
    },
  })
  const chunks = Array.isArray(output) ? output.flatMap((one) => one.output) : 'output' in output ? output.output : []
  const [chunk, ...others] = chunks
  if (chunk?.type !== 'chunk' || others.length > 0) throw new Error('the service worker is not one script')
  return chunk.code
}
