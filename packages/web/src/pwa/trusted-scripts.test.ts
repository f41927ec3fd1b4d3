import { test } from 'node:test'
import { expect } from 'expect'
import { ownScript } from './trusted-scripts.ts'
import { isChatHash, parseOpenMessage, parsePageMessage, parseVersion } from './worker-messages.ts'

test('only scripts below the folder of the page are run', () => {
  const base = 'https://starling.example/app/index.html#/settings'
  expect(ownScript('service-worker.js', base)).toBe('https://starling.example/app/service-worker.js')
  expect(ownScript('./assets/w.js', base)).toBe('https://starling.example/app/assets/w.js')
  for (const url of ['https://evil.example/x.js', '/x.js', '../x.js', 'data:text/javascript,1', 'blob:x', '//evil/x']) {
    expect(() => ownScript(url, base)).toThrow(TypeError)
  }
})

test('page and service worker take only what they know from each other', () => {
  expect(parsePageMessage({ kind: 'activate', more: 1 })).toEqual({ kind: 'activate' })
  for (const wrong of [undefined, null, 'activate', {}, { kind: 'open' }])
    expect(parsePageMessage(wrong)).toBeUndefined()
  expect(parseOpenMessage({ kind: 'open', hash: '#/c/05ab' })).toEqual({ kind: 'open', hash: '#/c/05ab' })
  for (const hash of ['#/settings', '#/c/', '#/c/a/b', 'https://evil.example/#/c/a', '#/c/a b']) {
    expect(isChatHash(hash)).toBe(false)
    expect(parseOpenMessage({ kind: 'open', hash })).toBeUndefined()
  }
  expect(parseVersion('0.1.0 (0123456789)')).toBe('0.1.0 (0123456789)')
  for (const wrong of ['<b>', '', 'x'.repeat(65), 7]) expect(parseVersion(wrong)).toBeUndefined()
})
