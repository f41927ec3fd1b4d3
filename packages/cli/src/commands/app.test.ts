import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { buildTestApp } from '@starling/node/testing'
import { systemRandom } from '@starling/runtime'
import { expect } from 'expect'
import { startAppServer } from '../app-server/app-server.ts'
import { main } from '../main.ts'
import { fakePorts } from '../testing/fake-ports.ts'

const keys = mkdtempSync(join(tmpdir(), 'starling-keys-'))
after(() => rmSync(keys, { recursive: true }))
const keyFile = (name: string) => join(keys, name)

async function run(...argv: readonly string[]) {
  const ports = fakePorts({ random: systemRandom() })
  const status = await main(['app', ...argv], ports)
  return { status, printed: ports.printed(), complained: ports.complained() }
}

async function verify(place: string, ...more: readonly string[]) {
  const { status, printed } = await run('verify', place, '--json', ...more)
  return { status, report: JSON.parse(printed) }
}

test('a build that was signed is verified in its folder and from a server, and its key is named', async () => {
  using app = buildTestApp()
  const key = (await run('key', keyFile('a'))).printed.trim()
  expect(statSync(keyFile('a')).mode & 0o777).toBe(0o600)
  expect((await run('key', keyFile('a'))).printed.trim()).toBe(key)
  expect((await run('sign', app.folder, '--key', keyFile('a'))).status).toBe(0)
  await using server = await startAppServer({ folder: app.folder, networkFile: '{}', port: 0 })
  for (const place of [app.folder, server.url, server.url.slice(0, -1), `${server.url}index.html#/x`]) {
    const { status, report } = await verify(place, '--key', key)
    expect([status, report.ok, report.differences]).toEqual([0, true, []])
    expect(report.signatures).toEqual([{ key, isValid: true }])
  }
  expect((await run('verify', app.folder)).printed).toContain('every file is as the signed list says')
})

test('every file that differs, lacks or was added is named', async () => {
  using app = buildTestApp()
  await run('key', keyFile('b'))
  await run('sign', app.folder, '--key', keyFile('b'))
  writeFileSync(join(app.folder, 'index.html'), '<!doctype html>App')
  rmSync(join(app.folder, 'assets/sodium.wasm'))
  writeFileSync(join(app.folder, 'assets/more.js'), 'alert(1)')
  writeFileSync(join(app.folder, '.built-from'), 'not served')
  const { status, report } = await verify(app.folder)
  expect([status, report.ok]).toEqual([1, false])
  expect(report.differences).toEqual([
    { path: 'assets/sodium.wasm', what: 'missing' },
    { path: 'index.html', what: 'differs' },
    { path: 'assets/more.js', what: 'unlisted' },
  ])
})

test('no signature, another key, or a changed list is no build to trust', async () => {
  using app = buildTestApp()
  expect(await verify(app.folder)).toMatchObject({ status: 1, report: { signatures: [] } })
  await run('key', keyFile('c'))
  await run('sign', app.folder, '--key', keyFile('c'))
  expect((await verify(app.folder)).status).toBe(0)
  expect((await verify(app.folder, '--key', 'ab'.repeat(32))).status).toBe(1)
  const list = join(app.folder, 'build.json')
  writeFileSync(list, readFileSync(list, 'utf8').replace('0.1.0', '0.1.1'))
  expect(await verify(app.folder)).toMatchObject({ status: 1, report: { signatures: [{ isValid: false }] } })
})

test('several keys sign one build; a key that signs again replaces its own signature only', async () => {
  using app = buildTestApp()
  const [one, two] = [await run('key', keyFile('d')), await run('key', keyFile('e'))]
  for (const name of ['d', 'e', 'd']) await run('sign', app.folder, '--key', keyFile(name))
  const { status, report } = await verify(app.folder, '--key', one.printed.trim())
  expect(status).toBe(0)
  const signers = report.signatures.map(({ key }: { key: string }) => key)
  expect(new Set(signers)).toEqual(new Set([one.printed.trim(), two.printed.trim()]))
  expect(signers.length).toBe(2)
})

test('what cannot be signed or checked is said plainly', async () => {
  using app = buildTestApp()
  await run('key', keyFile('f'))
  chmodSync(keyFile('f'), 0o644)
  expect(await run('sign', app.folder, '--key', keyFile('f'))).toMatchObject({ status: 1 })
  chmodSync(keyFile('f'), 0o600)
  writeFileSync(join(app.folder, 'index.html'), 'changed')
  expect((await run('sign', app.folder, '--key', keyFile('f'))).complained).toContain('is damaged')
  expect((await run('verify', join(app.folder, 'assets'))).complained).toContain('gives out no build.json')
  expect((await run('verify', app.folder, '--key', 'short')).status).toBe(2)
  expect((await run('verify', join(app.folder, 'nowhere'))).status).toBe(2)
  writeFileSync(join(app.folder, 'build.json'), '{"version":1}')
  expect((await run('verify', app.folder)).complained).toContain('malformed')
})
