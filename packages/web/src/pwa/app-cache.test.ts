import { test } from 'node:test'
import { expect } from 'expect'
import { fakeCaches } from '../testing/fake-caches.ts'
import { type AppBuild, AppCache } from './app-cache.ts'
import { takeSharedText } from './shared-text.ts'

const base = 'https://starling.example/app/'
const file = (path: string, integrity: string) => ({ path, size: 1, integrity })
const build: AppBuild = {
  release: '0.1.0',
  id: '0123456789',
  files: [file('index.html', 'sha384-page'), file('assets/index-1.js', 'sha384-script')],
}

type Server = { files: Record<string, string>; isUp: boolean; asked: [url: string, init: RequestInit][] }

/** A server whose files carry their integrity as their content, as far as `fetch` is concerned. */
function world(files: Record<string, string> = { 'index.html': 'sha384-page', 'assets/index-1.js': 'sha384-script' }) {
  const server: Server = { files: { ...files, 'network.json': 'network 1' }, isUp: true, asked: [] }
  const caches = fakeCaches()
  const fetch = async (url: string, init: RequestInit) => {
    server.asked.push([url, init])
    const body = server.files[url.slice(base.length)]
    if (!server.isUp || (init.integrity !== undefined && body !== undefined && init.integrity !== body)) {
      throw new TypeError('failed to fetch')
    }
    return new Response(body ?? 'none', { status: body === undefined ? 404 : 200 })
  }
  return { server, caches, open: (of: AppBuild = build) => new AppCache({ build: of, base, caches, fetch }) }
}

const get = (path: string, init?: RequestInit) => new Request(base + path, init)
const textOf = async (answer: Promise<Response> | undefined) => (await answer)?.text()

test('an installed build answers without a server, from the page to the network file', async () => {
  const { server, open } = world()
  const cache = open()
  await cache.install()
  expect(server.asked.slice(0, 2).map(([, init]) => [init.integrity, init.redirect])).toEqual([
    ['sha384-page', 'error'],
    ['sha384-script', 'error'],
  ])
  server.isUp = false
  expect(await textOf(cache.respond(get('')))).toBe('sha384-page')
  expect(await textOf(cache.respond(get('?source=home#/settings')))).toBe('sha384-page')
  expect(await textOf(cache.respond(get('assets/index-1.js')))).toBe('sha384-script')
  expect(await textOf(cache.respond(get('network.json')))).toBe('network 1')
})

test('a build of which one file differs or lacks is not kept at all', async () => {
  for (const files of [
    { 'index.html': 'sha384-page', 'assets/index-1.js': 'changed' },
    { 'index.html': 'sha384-page' },
  ]) {
    const { caches, open } = world(files)
    await expect(open().install()).rejects.toThrow(TypeError)
    expect(await caches.keys()).toEqual([])
  }
})

test('the newest network file is taken while the server is there', async () => {
  const { server, open } = world()
  const cache = open()
  await cache.install()
  server.files['network.json'] = 'network 2'
  expect(await textOf(cache.respond(get('network.json')))).toBe('network 2')
  server.isUp = false
  expect(await textOf(cache.respond(get('network.json')))).toBe('network 2')
})

test('a missing network file does not hinder the installation, and is an error later', async () => {
  const { server, open } = world()
  server.files = { 'index.html': 'sha384-page', 'assets/index-1.js': 'sha384-script' }
  const cache = open()
  await cache.install()
  expect((await cache.respond(get('network.json')))?.status).toBe(404)
  server.isUp = false
  await expect(cache.respond(get('network.json'))).rejects.toThrow(TypeError)
})

test('once the build is gone, files are fetched and checked, and nothing is kept', async () => {
  const { server, caches, open } = world()
  const cache = open()
  await cache.install()
  for (const name of await caches.keys()) await caches.delete(name)
  expect(await textOf(cache.respond(get('network.json')))).toBe('network 1')
  expect(await textOf(cache.respond(get('assets/index-1.js')))).toBe('sha384-script')
  expect(await caches.keys()).toEqual([])
  server.files['index.html'] = 'changed'
  await expect(cache.respond(get(''))).rejects.toThrow(TypeError)
})

test('what is none of ours is left to the browser', () => {
  const cache = world().open()
  for (const request of [
    new Request('https://elsewhere.example/app/index.html'),
    new Request('https://starling.example/storage_rpc/v1'),
    get('build.json'),
    get('service-worker.js'),
    get('', { method: 'POST', body: '' }),
  ]) {
    expect(cache.respond(request)).toBeUndefined()
  }
})

test('the build before stays for tabs that still show it; older ones go', async () => {
  const { caches, open } = world()
  for (const id of ['1', '2', '3']) {
    const cache = open({ ...build, id })
    await cache.install()
    await cache.dropOld()
  }
  const builds = (await caches.keys()).filter((name) => name.startsWith('starling-app'))
  expect(builds.map((name) => name.at(-1))).toEqual(['2', '3'])
  const other = open({ ...build, id: '3', files: [file('index.html', 'sha384-page')] })
  expect(await textOf(other.respond(get('assets/index-1.js')))).toBe('sha384-script')
})

test('a shared text waits for the page, which takes it away; no server sees it', async () => {
  const { server, caches, open } = world()
  const body = new FormData()
  for (const [name, value] of [
    ['title', 'A page'],
    ['text', ' A page '],
    ['url', 'https://x.example/'],
  ] as const) {
    body.set(name, value)
  }
  const answer = await open().respond(get('share', { method: 'POST', body }))
  expect([answer?.status, answer?.headers.get('location')]).toEqual([303, `${base}#/share`])
  expect(server.asked).toEqual([])
  expect(await takeSharedText(caches, base)).toBe('A page\nhttps://x.example/')
  expect(await takeSharedText(caches, base)).toBeUndefined()
})
