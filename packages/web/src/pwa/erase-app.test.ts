import { test } from 'node:test'
import { expect } from 'expect'
import { fakeCaches } from '../testing/fake-caches.ts'
import { namesOf } from './app-cache.ts'
import { eraseApp } from './erase-app.ts'

const base = 'https://starling.example/app/'

test('all that the app keeps in a browser goes, and nothing of others', async () => {
  const caches = fakeCaches()
  const { build, network, shared } = namesOf(base)
  for (const name of [`${build}1`, network, shared, 'of somebody else', `${build}2`]) await caches.open(name)
  const done: string[] = []
  const registration = (scope: string) =>
    ({
      scope,
      getNotifications: async () => [{ close: () => done.push(`close in ${scope}`) }],
      unregister: async () => done.push(`unregister ${scope}`) > 0,
    }) as unknown as ServiceWorkerRegistration
  const kept = new Map([
    ['starling.theme', 'dark'],
    ['other', 'x'],
    ['starling.notifications', 'name'],
  ])
  const deleted: string[] = []
  await eraseApp({
    base,
    caches: {
      keys: () => caches.keys(),
      delete: (name) => {
        deleted.push(name)
        return caches.delete(name)
      },
    },
    registrations: async () => [registration(base), registration('https://starling.example/other/')],
    storage: {
      get length() {
        return kept.size
      },
      key: (index) => [...kept.keys()][index] ?? null,
      removeItem: (key) => void kept.delete(key),
    },
    clearBadge: async () => void done.push('badge'),
  })
  expect(await caches.keys()).toEqual(['of somebody else'])
  expect(deleted.slice(0, 2)).toEqual([`${build}1`, `${build}2`])
  expect(done).toEqual([`close in ${base}`, `unregister ${base}`, 'badge'])
  expect([...kept.keys()]).toEqual(['other'])
})
