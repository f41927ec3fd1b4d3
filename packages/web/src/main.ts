/** Where the app is put together: the ports of the browser, and the page. */
import { mount } from 'svelte'
import App from './App.svelte'
import './base.css'
import { appContext } from './pwa/app-context.ts'
import { installApp } from './pwa/install-app.ts'
import { createAccounts } from './state/accounts.ts'
import { createApp } from './state/app.ts'
import { createNow } from './state/now.ts'
import { createPreferences } from './state/preferences.ts'
import { createHashRouter } from './state/route.ts'
import { createSpoken } from './state/spoken.ts'
import { loadSpeech } from './text/languages.ts'
import { startClient } from './worker/start-client.ts'

const accounts = createAccounts(browserStorage())
addEventListener('storage', () => accounts.reload())
const app = createApp({
  accounts,
  startClient: (slot, onBroken) =>
    startClient({ slot, onBroken, isAlone: () => accounts.snapshot.known.every((known) => known.slot === slot) }),
})

const router = createHashRouter(window)
// Development servers have no build to serve offline.
const context = import.meta.env.PROD ? appContext(installApp({ router, storage: browserStorage() })) : new Map()

const preferences = createPreferences(document.documentElement, browserStorage())
const spoken = createSpoken({
  root: document.documentElement,
  preferences,
  wanted: () => navigator.languages,
  load: loadSpeech,
})
await spoken.ready

mount(App, {
  target: document.getElementById('app') ?? document.body,
  context,
  props: {
    app,
    accounts,
    router,
    preferences,
    spoken,
    now: createNow(Date.now, 20_000),
    base: `${location.origin}${location.pathname}`,
    onreload: () => location.reload(),
  },
})

/** `undefined` where the browser forbids it: even to look throws. */
function browserStorage(): Storage | undefined {
  try {
    return localStorage
  } catch {
    return undefined
  }
}
