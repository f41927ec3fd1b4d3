import type { ConversationId, UnixMillis } from '@starling/client'
import { mount } from 'svelte'
import App from '../App.svelte'
import NotificationsPage from '../components/settings/NotificationsPage.svelte'
import { type GalleryState, type GalleryStates, show } from '../gallery/gallery-state.ts'
import type { NotificationState } from '../pwa/notifier.ts'
import { createAccounts } from '../state/accounts.ts'
import { createApp } from '../state/app.ts'
import { createPreferences } from '../state/preferences.ts'
import { createMemoryRouter, type Route, settingsPages } from '../state/route.ts'
import { createSpoken, type SpokenModel } from '../state/spoken.ts'
import { createStore } from '../state/store.ts'
import { FakeClient, type FakeClientOptions, fakePhrase } from '../testing/fake-client.ts'
import {
  longConversation,
  manyConversations,
  sampleAccountId,
  sampleConversations,
  sampleNow,
} from '../testing/sample-data.ts'
import { sampleNetwork } from '../testing/sample-network.ts'
import { loadSpeech } from '../text/languages.ts'
import Onboarding from './Onboarding.svelte'
import Session from './Session.svelte'

const wendy: Route = { kind: 'chat', id: sampleAccountId('Wendy') as string as ConversationId }
const themeOfPage = () => document.documentElement

/** What people chose on this device, and the language that the gallery speaks. */
function preferencesOfPage() {
  const chosen = new URLSearchParams(location.search)
  const values: Readonly<Record<string, string | null>> = {
    'starling.theme': chosen.get('theme'),
    'starling.textSize': chosen.get('text'),
    'starling.language': chosen.get('language'),
  }
  return createPreferences(themeOfPage(), { getItem: (key) => values[key] ?? null, setItem: () => {} })
}

const spokenHere = (): SpokenModel => {
  const store = createStore({ language: themeOfPage().lang, failed: false })
  return { snapshot: store.snapshot, subscribe: store.subscribe, ready: Promise.resolve() }
}

/** A whole session over a fake client; both are in `session` for tests that drive it. */
function session(options: FakeClientOptions = {}, route: Route = { kind: 'chats' }): GalleryState {
  return show(Session, () => {
    const client = new FakeClient(options)
    const router = createMemoryRouter(route)
    Object.assign(globalThis, { session: { client, router, fakePhrase } })
    return {
      client,
      accounts: createAccounts(undefined),
      clock: () => sampleNow,
      router,
      preferences: preferencesOfPage(),
      spoken: spokenHere(),
      now: createStore(sampleNow),
      base: 'https://starling.example/',
      onreload: () => {},
    }
  })
}

const fiveMinutesAgo = (sampleNow - 300_000) as UnixMillis
const offline = sampleNetwork.offline('no_node_reachable', fiveMinutesAgo)
const skewed = sampleNetwork.skewed(sampleNow, 3_600_000 as never)

/** The app at the language page, with the languages themselves: they come when they are chosen. */
const languages = show(App, () => {
  const preferences = createPreferences(themeOfPage(), undefined)
  const accounts = createAccounts(undefined)
  return {
    accounts,
    app: createApp({
      accounts,
      startClient: () => ({ client: new FakeClient(), stop: async () => {} }),
    }),
    router: createMemoryRouter({ kind: 'settings', page: 'language' }),
    preferences,
    spoken: createSpoken({ root: themeOfPage(), preferences, wanted: () => ['en-GB'], load: loadSpeech }),
    now: createStore(sampleNow),
    base: 'https://starling.example/',
    onreload: () => {},
  }
})

/** The messenger after these keys. */
function afterKeys(...keys: readonly string[]): GalleryState {
  const chats = session({}, wendy)
  return (target) => {
    chats(target)
    requestAnimationFrame(() => {
      for (const key of keys) dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey: true, bubbles: true }))
    })
  }
}

const settingsStates = Object.fromEntries(
  settingsPages.map((page) => [`settings-${page}`, session({}, { kind: 'settings', page })]),
)

/** As in a browser that has notifications. */
const notifications: GalleryState = (target) => {
  const store = createStore<NotificationState>({ content: 'name', permission: 'granted' })
  const choose = async (content: NotificationState['content']) => store.set({ content, permission: 'granted' })
  const page = document.createElement('main')
  target.append(page)
  mount(NotificationsPage, { target: page, props: { model: { ...store, choose } } })
}

export const states: GalleryStates = {
  notifications,
  languages,
  shortcuts: afterKeys('/'),
  switcher: afterKeys('k'),
  ...settingsStates,
  opening: session({ session: { kind: 'opening' } }),
  welcome: session({ session: { kind: 'noAccount' } }),
  name: show(Onboarding, () => ({ client: new FakeClient({ session: { kind: 'noAccount' } }), step: 'name' as const })),
  'name-failing': show(Onboarding, () => ({
    client: new FakeClient({ session: { kind: 'noAccount' }, failing: { createAccount: 'store_unavailable' } }),
    step: 'name' as const,
  })),
  restore: show(Onboarding, () => ({
    client: new FakeClient({ session: { kind: 'noAccount' } }),
    step: 'restore' as const,
  })),
  archive: show(Onboarding, () => ({
    client: new FakeClient({ session: { kind: 'noAccount' } }),
    step: 'archive' as const,
  })),
  'archive-damaged': show(Onboarding, () => ({
    client: new FakeClient({ session: { kind: 'noAccount' }, failing: { importArchive: 'damaged' } }),
    step: 'archive' as const,
  })),
  restoring: session({ session: { kind: 'restoring', step: 'profile' } }),
  'needs-name': session({ session: { kind: 'needsName' } }),
  'failed-unreadable': session({ session: { kind: 'failed', code: 'store_unreadable' } }),
  'failed-unavailable': session({ session: { kind: 'failed', code: 'store_unavailable' } }),
  'failed-in-use': session({ session: { kind: 'failed', code: 'in_use' } }),
  chats: session(),
  'chats-empty': session({ conversations: [], phraseConfirmed: false }),
  'chats-many': session({ conversations: manyConversations(5_000) }),
  'chats-failing': session({ failing: { updateConversation: 'store_unavailable' } }),
  'chat-open': session({}, wendy),
  'chat-unconfirmed': session({ phraseConfirmed: false }, wendy),
  'chat-long': session(
    { conversations: [longConversation(10_000), ...sampleConversations] },
    {
      kind: 'chat',
      id: sampleAccountId('Alice') as string as ConversationId,
    },
  ),
  'chat-gone': session({}, { kind: 'chat', id: sampleAccountId('Nobody') as string as ConversationId }),
  requests: session({}, { kind: 'requests' }),
  'requests-empty': session({ conversations: [] }, { kind: 'requests' }),
  offline: session({ network: offline }, wendy),
  'offline-clock': session({ network: { ...offline, clockSkew: skewed.clockSkew ?? (0 as never) } }, { kind: 'chats' }),
  connecting: session({ network: sampleNetwork.connecting() }, { kind: 'network' }),
  settings: session({}, { kind: 'settings' }),
  'settings-unconfirmed': session({ phraseConfirmed: false }, { kind: 'settings' }),
  'settings-failing': session(
    { failing: { changeSettings: 'store_unavailable' } },
    { kind: 'settings', page: 'privacy' },
  ),
  'settings-erase': session({ phraseConfirmed: false }, { kind: 'settings', page: 'storage' }),
  network: session({}, { kind: 'network' }),
  'network-offline': session({ network: offline }, { kind: 'network' }),
  'add-contact-link': session({}, { kind: 'new', link: sampleAccountId('Carol') }),
}
