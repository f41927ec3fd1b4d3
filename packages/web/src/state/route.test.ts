import { test } from 'node:test'
import type { ConversationId } from '@starling/client'
import { expect } from 'expect'
import { sampleAccountId } from '../testing/sample-data.ts'
import { createHashRouter, formatRoute, parseRoute, type Route } from './route.ts'

const wendy = sampleAccountId('Wendy') as string as ConversationId

function fakeWindow(hash: string) {
  const location = { hash }
  const listeners: (() => void)[] = []
  const pushed: string[] = []
  return {
    location,
    pushed,
    history: {
      pushState: (_: unknown, __: string, url?: string | URL | null) => {
        location.hash = String(url)
        pushed.push(location.hash)
      },
      replaceState: (_: unknown, __: string, url?: string | URL | null) => {
        location.hash = String(url)
      },
    },
    addEventListener: (_: string, listener: () => void) => listeners.push(listener),
    navigate(to: string) {
      location.hash = to
      for (const listener of listeners) listener()
    },
  }
}

test('every route survives the way through the URL', () => {
  const routes: Route[] = [
    { kind: 'chats' },
    { kind: 'requests' },
    { kind: 'chat', id: wendy },
    { kind: 'new' },
    { kind: 'settings' },
    { kind: 'settings', page: 'privacy' },
    { kind: 'network' },
  ]
  for (const route of routes) expect(parseRoute(formatRoute(route))).toEqual(route)
})

test('a fragment that is not ours shows the chats', () => {
  for (const hash of ['', '#', '#/', '#/nowhere', '#c/05', '#/c/', '#/C/x'])
    expect(parseRoute(hash)).toEqual({ kind: 'chats' })
})

test('a contact link is read and taken out of the URL at once', () => {
  const target = fakeWindow(`#/add/${wendy}`)
  const router = createHashRouter(target)
  expect(router.snapshot).toEqual({ kind: 'new', link: wendy })
  expect(target.location.hash).toBe('#/new')
  target.navigate(`#/add/${wendy}x`)
  expect(router.snapshot).toEqual({ kind: 'new', link: `${wendy}x` })
  expect(target.location.hash).toBe('#/new')
})

test('going somewhere is one step in the history, going to the same place none', () => {
  const target = fakeWindow('')
  const router = createHashRouter(target)
  router.go({ kind: 'settings' })
  router.go({ kind: 'settings' })
  expect(target.pushed).toEqual(['#/settings'])
  target.navigate('#/network')
  expect(router.snapshot).toEqual({ kind: 'network' })
})

test('a settings page that does not exist is the list of them', () => {
  expect(parseRoute('#/settings/appearance')).toEqual({ kind: 'settings', page: 'appearance' })
  for (const hash of ['#/settings/', '#/settings/plaid', '#/settings/about/x']) {
    expect(parseRoute(hash)).toEqual({ kind: 'settings' })
  }
})
