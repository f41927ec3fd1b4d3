import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { expect } from 'expect'
import { buildTestApp } from '../testing/built-app.ts'
import { AppFiles } from './app-files.ts'

const text = (body: Uint8Array | undefined) => Buffer.from(body ?? []).toString()

test('gives out what the manifest lists, the page under the empty path too, and nothing else', async () => {
  using app = buildTestApp()
  writeFileSync(join(app.folder, 'more.js'), 'not listed')
  const files = new AppFiles(app.folder)
  const [page, index] = [await files.answer({ path: '' }), await files.answer({ path: 'index.html' })]
  expect(page).toEqual(index)
  expect([page?.contentType, text(page?.body)]).toEqual(['text/html; charset=utf-8', '<!doctype html>app'])
  expect((await files.answer({ path: 'assets/sodium.wasm' }))?.contentType).toBe('application/wasm')
  expect(text((await files.answer({ path: 'build.json' }))?.body)).toContain('"build": "0123456789"')
  for (const path of ['more.js', '../secret', 'assets/../index.html', '/index.html', 'assets', 'INDEX.HTML', 'x\0']) {
    expect(await files.answer({ path })).toBeUndefined()
  }
})

test('only names with a hash are kept without asking; the others are confirmed by their tag', async () => {
  using app = buildTestApp()
  const files = new AppFiles(app.folder)
  const page = await files.answer({ path: '' })
  expect(page?.headers['Cache-Control']).toBe('no-cache')
  const etag = page?.headers['ETag']
  expect(await files.answer({ path: '', ifNoneMatch: etag })).toMatchObject({ status: 304, body: new Uint8Array() })
  expect(await files.answer({ path: '', ifNoneMatch: '"other"' })).toMatchObject({ status: 200 })
  const asset = await files.answer({ path: 'assets/index-abc.js' })
  expect(asset?.headers['Cache-Control']).toContain('immutable')
})

test('text is compressed for those who can read it', async () => {
  using app = buildTestApp()
  const files = new AppFiles(app.folder)
  const path = 'assets/index-abc.js'
  for (const acceptEncoding of ['gzip', 'br, gzip, deflate', 'deflate,gzip']) {
    const answer = await files.answer({ path, acceptEncoding })
    expect(answer?.headers).toMatchObject({ 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' })
    expect(gunzipSync(answer!.body).toString()).toBe('js '.repeat(500))
  }
  for (const acceptEncoding of [undefined, 'br', 'gzip;q=0', 'xgzip']) {
    expect((await files.answer({ path, acceptEncoding }))?.headers).not.toHaveProperty('Content-Encoding')
  }
})

test('a folder whose files are not those that were built is refused', () => {
  using app = buildTestApp()
  const refuses = (code: string) => expect(() => new AppFiles(app.folder)).toThrow(expect.objectContaining({ code }))
  const page = join(app.folder, 'index.html')
  writeFileSync(page, '<!doctype html>App')
  refuses('differs')
  rmSync(page)
  refuses('differs')
  symlinkSync('/etc/hostname', page)
  refuses('differs')
  writeFileSync(join(app.folder, 'build.json'), '{}')
  refuses('malformed')
  rmSync(join(app.folder, 'build.json'))
  refuses('missing')
})

test('a build without a page, or with files of no known type, is refused', () => {
  for (const listed of [{ 'a.js': '' }, { 'index.html': '', 'odd.exe': '' }]) {
    using app = buildTestApp(listed)
    expect(() => new AppFiles(app.folder)).toThrow(expect.objectContaining({ code: 'malformed' }))
  }
})
