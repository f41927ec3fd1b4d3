import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildTestApp } from '@starling/node/testing'
import { expect } from 'expect'
import { type AppServer, startAppServer } from './app-server.ts'

const app = buildTestApp()
let server: AppServer

before(async () => {
  writeFileSync(join(app.folder, '.built-from'), 'secret')
  writeFileSync(join(app.folder, '..', 'secret.txt'), 'secret')
  server = await startAppServer({ folder: app.folder, networkFile: '{"version":1}', port: 0 })
})

after(async () => {
  await server[Symbol.asyncDispose]()
  app[Symbol.dispose]()
})

type Answer = { status: number; headers: Record<string, unknown>; body: string }

/** The path goes out as it is: `fetch` would tidy it up. */
function ask(path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, method, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('serves the app, its files and the network file with their types', async () => {
  for (const [path, type, body] of [
    ['/', 'text/html; charset=utf-8', '<!doctype html>app'],
    ['/index.html?x=1', 'text/html; charset=utf-8', '<!doctype html>app'],
    ['/service-worker.js', 'text/javascript; charset=utf-8', 'worker'],
    ['/assets/sodium.wasm', 'application/wasm', 'wasm'],
    ['/network.json', 'application/json', '{"version":1}'],
  ] as const) {
    const answer = await ask(path)
    expect([path, answer.status, answer.headers['content-type'], answer.body]).toEqual([path, 200, type, body])
  }
})

test('files with a hash in their name are kept by the browser, the others are asked for again', async () => {
  expect((await ask('/assets/index-abc.js')).headers['cache-control']).toContain('immutable')
  expect((await ask('/')).headers['cache-control']).toBe('no-cache')
  expect((await ask('/network.json')).headers['cache-control']).toBe('no-cache')
})

test('every answer forbids scripts from elsewhere and from strings, frames, sniffing and referrers', async () => {
  for (const path of ['/', '/assets/index-abc.js', '/network.json', '/no.js']) {
    const { headers } = await ask(path)
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';")
    expect(policy).toContain("connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:*")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toContain('unsafe-inline')
    expect(headers['cross-origin-opener-policy']).toBe('same-origin')
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
    expect(headers['permissions-policy']).toContain('microphone=()')
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['x-content-type-options']).toBe('nosniff')
  }
})

test('nothing outside the folder is given out', async () => {
  for (const path of [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '//etc/passwd.txt',
    '/.built-from',
    '/secret.txt%00.html',
    '/%',
    '/missing.js',
    '/settings',
    `/${'a'.repeat(5000)}.js`,
    '/assets/index-abc.js/x.js',
  ]) {
    const answer = await ask(path)
    expect([path, answer.status]).toEqual([path, 404])
    expect(answer.body).not.toContain('secret')
  }
})

test('only GET and HEAD are answered, HEAD without a body', async () => {
  expect(await ask('/', 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  expect(await ask('/', 'HEAD')).toMatchObject({ status: 200, body: '', headers: { 'content-length': '18' } })
})

test('takes the next port if the wanted one is taken', async () => {
  await using other = await startAppServer({ folder: app.folder, networkFile: '{}', port: server.port })
  expect(other.port).toBeGreaterThan(server.port)
  expect(other.url).toBe(`http://127.0.0.1:${other.port}/`)
})

test('refuses a folder without a whole app', async () => {
  using damaged = buildTestApp()
  writeFileSync(join(damaged.folder, 'index.html'), 'changed')
  for (const folder of [join(app.folder, 'missing'), join(app.folder, '..'), damaged.folder]) {
    await expect(startAppServer({ folder, networkFile: '{}', port: 0 })).rejects.toMatchObject({ code: 'app_build' })
  }
})
