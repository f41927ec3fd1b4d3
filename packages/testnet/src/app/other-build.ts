/** A build that differs from the one at hand in its version, whole in itself. */
import { createHash } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BUILD_MANIFEST, type BuildFile, formatBuildManifest, parseBuildManifest } from '@starling/protocol'

const WORKER = 'service-worker.js'
const PAGE = 'index.html'
const ID = 'abcdefabcd'

/** Copies the build in `from` to `to`, and makes another one of it. `version`: as people read it. */
export function makeOtherBuild(from: string, to: string): { readonly version: string } {
  cpSync(from, to, { recursive: true })
  const read = (path: string) => readFileSync(join(to, path), 'utf8')
  const manifest = parseBuildManifest(readFileSync(join(to, BUILD_MANIFEST)))
  const version = `9.9.9 (${ID})`
  const change = (path: string, text: string): BuildFile => {
    writeFileSync(join(to, path), text)
    const integrity = `sha384-${createHash('sha384').update(text).digest('base64')}`
    return { path, size: Buffer.byteLength(text), integrity }
  }
  const put = (files: readonly BuildFile[], changed: BuildFile) =>
    files.map((file) => (file.path === changed.path ? changed : file))

  const page = change(PAGE, read(PAGE).replace(/(starling-version" content=")[^"]*/, `$1${version}`))
  const [line, ...script] = read(WORKER).split('\n')
  const known = JSON.parse(line!.slice(line!.indexOf('{'), line!.lastIndexOf('}') + 1)) as { files: BuildFile[] }
  const list = { release: '9.9.9', id: ID, files: put(known.files, page) }
  const worker = change(WORKER, [`globalThis.starlingBuild=${JSON.stringify(list)};`, ...script].join('\n'))
  const files = put(put(manifest.files, page), worker)
  writeFileSync(join(to, BUILD_MANIFEST), formatBuildManifest({ ...manifest, release: '9.9.9', build: ID, files }))
  return { version }
}
