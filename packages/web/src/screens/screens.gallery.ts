import type { ConversationId, UnixMillis } from '@starling/client'
import App from '../App.svelte'
import { type GalleryState, type GalleryStates, show } from '../gallery/gallery-state.ts'
import { createApp } from '../state/app.ts'
import { createLeadership } from '../state/leadership.ts'
import { createPreferences } from '../state/preferences.ts'
import { createMemoryRouter, type Route } from '../state/route.ts'
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
import Elsewhere from './Elsewhere.svelte'
import Onboarding from './Onboarding.svelte'
import Session from './Session.svelte'

const wendy: Route = { kind: 'chat', id: sampleAccountId('Wendy') as string as ConversationId }
const themeOfPage = () => document.documentElement

/** A whole session over a fake client; both are in `session` for tests that drive it. */
function session(options: FakeClientOptions = {}, route: Route = { kind: 'chats' }): GalleryState {
  return show(Session, () => {
    const client = new FakeClient(options)
    const router = createMemoryRouter(route)
    Object.assign(globalThis, { session: { client, router, fakePhrase } })
    const theme = new URLSearchParams(location.search).get('theme')
    const storage = { getItem: () => theme, setItem: () => {} }
    return {
      client,
      router,
      preferences: createPreferences(themeOfPage(), storage),
      now: createStore(sampleNow),
      base: 'https://starling.example/',
      onreload: () => {},
    }
  })
}

const fiveMinutesAgo = (sampleNow - 300_000) as UnixMillis
const offline = sampleNetwork.offline('no_node_reachable', fiveMinutesAgo)
const skewed = sampleNetwork.skewed(sampleNow, 3_600_000 as never)

/** The app as it starts, with the browser's own locks, over fake clients: to be opened in two tabs. */
const tabs = show(App, () => ({
  app: createApp({
    lead: (release) =>
      createLeadership({
        locks: navigator.locks,
        channel: new BroadcastChannel('gallery'),
        release,
        sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
      }),
    startClient: () => ({ client: new FakeClient(), stop: async () => {} }),
  }),
  router: createMemoryRouter({ kind: 'chats' }),
  preferences: createPreferences(themeOfPage(), undefined),
  now: createStore(sampleNow),
  base: 'https://starling.example/',
  onreload: () => {},
}))

export const states: GalleryStates = {
  tabs,
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
  restoring: session({ session: { kind: 'restoring', step: 'profile' } }),
  'needs-name': session({ session: { kind: 'needsName' } }),
  'failed-unreadable': session({ session: { kind: 'failed', code: 'store_unreadable' } }),
  'failed-unavailable': session({ session: { kind: 'failed', code: 'store_unavailable' } }),
  'failed-in-use': session({ session: { kind: 'failed', code: 'in_use' } }),
  elsewhere: show(Elsewhere, () => ({ onuse: async () => {} })),
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
  network: session({}, { kind: 'network' }),
  'network-offline': session({ network: offline }, { kind: 'network' }),
  'add-contact-link': session({}, { kind: 'new', link: sampleAccountId('Carol') }),
}
