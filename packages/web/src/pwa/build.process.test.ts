/** The build itself: the same every time, and whole. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { expect } from 'expect'
import { build } from 'vite'

const folder = mkdtempSync(join(tmpdir(), 'starling-build-'))
const root = join(import.meta.dirname, '../..')
const [first, second] = [join(folder, 'first'), join(folder, 'else/where')]

before(async () => {
  for (const outDir of [first, second]) {
    await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir } })
  }
})
after(() => rmSync(folder, { recursive: true, force: true }))

const read = (path: string) => readFileSync(join(first, path))
const hashOf = (body: Uint8Array) => `sha384-${createHash('sha384').update(body).digest('base64')}`
const filesIn = (place: string) =>
  readdirSync(place, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(place, name)).isFile())
    .sort((a, b) => (a < b ? -1 : 1))

test('the same sources give the same bytes, wherever they are put', () => {
  expect(filesIn(second)).toEqual(filesIn(first))
  for (const name of filesIn(first)) expect([name, readFileSync(join(second, name))]).toEqual([name, read(name)])
})

test('the list names every file with its size and hash, in order', () => {
  const { files } = JSON.parse(read('build.json').toString()) as { files: { path: string }[] }
  const others = filesIn(first).filter((name) => name !== 'build.json')
  expect(files).toEqual(others.map((path) => ({ path, size: read(path).length, integrity: hashOf(read(path)) })))
})

test('scripts and styles of the page carry their hashes, and nothing is inline', () => {
  const page = read('index.html').toString()
  const tags = [...page.matchAll(/<(?:script|link rel="(?:stylesheet|modulepreload)")[^>]*>/g)].map(([tag]) => tag)
  expect(tags.length).toBeGreaterThan(2)
  for (const tag of tags) {
    const path = /(?:src|href)="\.\/([^"]+)"/.exec(tag)?.[1]
    expect(tag).toContain(`integrity="${hashOf(read(path!))}"`)
  }
  expect(page).not.toMatch(/<style|<script[^>]*>[^<]|\son[a-z]+=|javascript:/)
  expect(page).not.toMatch(/(?:src|href)="(?!\.\/)/)
})

test('the service worker is one classic script that knows every other file of the build', () => {
  const worker = read('service-worker.js').toString()
  const known = JSON.parse(worker.slice(worker.indexOf('{'), worker.indexOf(';\n'))) as { files: { path: string }[] }
  const others = filesIn(first).filter((name) => !['build.json', 'service-worker.js'].includes(name))
  expect(known.files.map(({ path }) => path)).toEqual(others)
  expect(worker).not.toMatch(/^\s*import\b|importScripts/m)
})

test('the manifest of the installed app names icons that are there, of the size that it says', () => {
  const { icons, shortcuts } = JSON.parse(read('manifest.webmanifest').toString()) as {
    icons: { src: string; sizes: string; type: string; purpose: string }[]
    shortcuts: { url: string }[]
  }
  for (const { src, sizes, type } of icons) {
    const image = read(src)
    if (type !== 'image/png') continue
    expect(`${image.readUInt32BE(16)}x${image.readUInt32BE(20)}`).toBe(sizes)
  }
  expect(icons.filter(({ purpose }) => purpose === 'maskable').length).toBeGreaterThan(0)
  for (const { url } of shortcuts) expect(url).toMatch(/^\.\/#\//)
})
