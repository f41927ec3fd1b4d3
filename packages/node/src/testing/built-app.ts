/** A folder with a small app in it, listed as a build lists it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { BUILD_MANIFEST, formatBuildManifest } from '@starling/protocol'
import { integrityOf } from '../server/app-files.ts'

const FILES: Readonly<Record<string, string>> = {
  'assets/index-abc.js': 'js '.repeat(500),
  'assets/sodium.wasm': 'wasm',
  'index.html': '<!doctype html>app',
  'service-worker.js': 'worker',
}

export type BuiltApp = Disposable & { readonly folder: string }

/** `folder` lies alone in another folder, for files beside it. */
export function buildTestApp(files: Readonly<Record<string, string>> = FILES): BuiltApp {
  const outside = mkdtempSync(join(tmpdir(), 'starling-built-'))
  const folder = join(outside, 'dist')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const listed = Object.entries(files)
    .map(([path, text]) => ({ path, size: Buffer.byteLength(text), integrity: integrityOf(Buffer.from(text)) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  const manifest = { version: 1, release: '0.1.0', build: '0123456789', files: listed } as const
  writeFileSync(join(folder, BUILD_MANIFEST), formatBuildManifest(manifest))
  return { folder, [Symbol.dispose]: () => rmSync(outside, { recursive: true }) }
}
