/** Search, lock, verification and several accounts, as they stand in the messenger. */
import type { ConversationId } from '@starling/client'
import { unixMillis } from '@starling/client'
import App from '../App.svelte'
import { type GalleryState, type GalleryStates, show } from '../gallery/gallery-state.ts'
import { createAccounts } from '../state/accounts.ts'
import { createApp } from '../state/app.ts'
import { createPreferences } from '../state/preferences.ts'
import { createMemoryRouter, type Route, type SettingsPage } from '../state/route.ts'
import { createStore } from '../state/store.ts'
import { FakeClient, type FakeClientOptions } from '../testing/fake-client.ts'
import { manyConversations, sampleAccountId, sampleConversations, sampleNow } from '../testing/sample-data.ts'

const chatWith = (name: string): Route => ({ kind: 'chat', id: sampleAccountId(name) as string as ConversationId })

type More = {
  readonly route?: Route
  readonly others?: readonly string[]
  readonly prefer?: Readonly<Record<string, string>>
}

/** The whole app over fake clients, one for each account, with a hand on the one that was started last. */
function app(
  options: FakeClientOptions = {},
  { route = { kind: 'chats' }, others = [], prefer = {} }: More = {},
): GalleryState {
  return show(App, () => {
    const chosen = new URLSearchParams(location.search)
    const kept = new Map(Object.entries({ 'starling.theme': chosen.get('theme') ?? 'system', ...prefer }))
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    }
    const known = ['You', ...others].map((name, index) =>
      name === ''
        ? { slot: `starling-${index + 1}` }
        : { slot: index === 0 ? 'starling' : `starling-${index + 1}`, name, accountId: sampleAccountId(name) },
    )
    if (others.length > 0) storage.setItem('starling.accounts', JSON.stringify({ open: 'starling', known }))
    const accounts = createAccounts(storage)
    const router = createMemoryRouter(route)
    return {
      app: createApp({
        accounts,
        startClient: (slot) => {
          const isNew = !accounts.snapshot.known.some((account) => account.slot === slot) && slot !== 'starling'
          const client = new FakeClient(isNew ? { session: { kind: 'noAccount' }, conversations: [] } : options)
          Object.assign(globalThis, { session: { client, router, slot } })
          return { client, stop: async () => {} }
        },
      }),
      accounts,
      router,
      preferences: createPreferences(document.documentElement, storage),
      spoken: {
        ...createStore({ language: document.documentElement.lang, failed: false }),
        ready: Promise.resolve(),
      },
      now: createStore(sampleNow),
      base: 'https://starling.example/',
      onreload: () => {},
      clock: () => sampleNow,
    }
  })
}

/** As `state`, after somebody did these things one after the other. */
function after(state: GalleryState, ...steps: readonly (() => void)[]): GalleryState {
  return (target) => {
    state(target)
    for (const [index, step] of steps.entries()) setTimeout(step, (index + 1) * 120)
  }
}

const press =
  (key: string, shiftKey = false) =>
  () =>
    void dispatchEvent(
      new KeyboardEvent('keydown', { key, code: `Key${key.toUpperCase()}`, ctrlKey: true, shiftKey, bubbles: true }),
    )
const click = (selector: string) => () => document.querySelector<HTMLElement>(selector)?.click()
const clickText = (text: string) => () =>
  [...document.querySelectorAll<HTMLElement>('button, [role=menuitem]')]
    .find((each) => each.textContent?.includes(text))
    ?.click()
const type = (text: string) => () => {
  const field = document.querySelector<HTMLInputElement>('[role=searchbox]')
  if (field === null) return
  field.value = text
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

const settings = (page: SettingsPage): Route => ({ kind: 'settings', page })
const minutesAgo = (minutes: number) => unixMillis(sampleNow - minutes * 60_000)
const events = [
  { at: minutesAgo(2_000), source: 'thisDevice', kind: 'profile.changed', count: 1 },
  { at: minutesAgo(70), source: 'otherDevice', kind: 'config.received', count: 4 },
  { at: minutesAgo(70), source: 'otherDevice', kind: 'contact.changed', count: 12 },
  { at: minutesAgo(32), source: 'contact', kind: 'message.filed', count: 1 },
  { at: minutesAgo(31), source: 'otherDevice', kind: 'conversation.read', count: 2 },
  { at: minutesAgo(12), source: 'otherDevice', kind: 'message.filed', count: 3 },
  { at: minutesAgo(11), source: 'otherDevice', kind: 'effect.unsendOwn', count: 1 },
] as const
const verified = { name: 'Wendy', kind: 'contact', messages: [] } as const

export const states: GalleryStates = {
  search: after(app({}, { route: chatWith('Wendy') }), press('f'), type('it')),
  'search-here': after(app({}, { route: chatWith('Wendy') }), press('f', true), type('wait')),
  'search-none': after(app(), press('f'), type('nothing like this')),
  'search-idle': after(app(), press('f')),
  'search-failing': after(app({ failing: { search: 'store_unavailable' } }), press('f'), type('it')),
  locked: app({ session: { kind: 'locked' }, passphrase: 'four words or more' }),
  'locked-waiting': app({
    session: { kind: 'locked', retryAt: unixMillis(sampleNow + 75_000) },
    passphrase: 'four words or more',
  }),
  'locked-others': app({ session: { kind: 'locked' }, passphrase: 'x' }, { others: ['Work'] }),
  'lock-settings': app({ passphrase: 'four words or more' }, { route: settings('privacy') }),
  'lock-set': after(app({}, { route: settings('privacy') }), clickText('Set a passphrase')),
  accounts: after(app({}, { others: ['Work', ''] }), click('nav .you')),
  'accounts-new': app({ session: { kind: 'noAccount' }, conversations: [] }, { others: ['Work'] }),
  'accounts-settings': app({}, { others: ['Work', ''], route: settings('account') }),
  'accounts-storage': app({}, { others: ['Work'], route: settings('storage') }),
  verify: after(app({}, { route: chatWith('Wendy') }), click('[aria-label=Details]'), clickText('Verify contact')),
  'verify-failing': after(
    app({ failing: { safetyNumber: 'unknown' } }, { route: chatWith('Wendy') }),
    click('[aria-label=Details]'),
    clickText('Verify contact'),
  ),
  verified: app({ conversations: [{ ...verified, verified: true, typing: true }] }, { route: chatWith('Wendy') }),
  'devices-log': app({ events }, { route: settings('devices') }),
  'verification-some': app(
    { conversations: [{ ...verified, verified: true }, ...sampleConversations.slice(1, 3)] },
    { route: settings('verification') },
  ),
  'verification-many': app({ conversations: manyConversations(120) }, { route: settings('verification') }),
  'verification-none': app({ conversations: [] }, { route: settings('verification') }),
  muting: after(app({}, { route: chatWith('Wendy') }), click('[aria-label=Details]'), clickText('Mute…')),
  'strangers-hidden': app({}, { route: { kind: 'requests' }, prefer: { 'starling.strangers': 'hidden' } }),
  picture: after(app({}, { route: settings('account') }), click('.profile .you')),
  'archive-export': after(app({}, { route: settings('storage') }), clickText('Export…')),
  'archive-import': after(app({}, { route: settings('storage') }), clickText('Import…')),
}
