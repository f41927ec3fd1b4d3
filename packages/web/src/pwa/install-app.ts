/** Puts together what makes the page an installed app: service worker, updates, notifications, shared texts. */
import { quietLine } from '../components/message-bubble/message-text.ts'
import { parseRoute, type Router } from '../state/route.ts'
import { t } from '../text/t.ts'
import type { InstalledApp } from './app-context.ts'
import { appVersion } from './app-version.ts'
import { appBase, appCaches } from './browser-places.ts'
import { Notifier } from './notifier.ts'
import { createNotifierBrowser } from './notifier-browser.ts'
import { NotifierTabs } from './notifier-tabs.ts'
import { registerServiceWorker } from './register.ts'
import { takeSharedText } from './shared-text.ts'

export function installApp(options: { readonly router: Router; readonly storage: Storage | undefined }): InstalledApp {
  const { router, storage } = options
  const worker = registerServiceWorker({ onopen: (hash) => router.go(parseRoute(hash)) })
  const notifier = new Notifier(createNotifierBrowser(worker.registration), {
    storage,
    tabs: new NotifierTabs(navigator.locks),
    words: () => ({
      app: t('app.name'),
      newMessage: t('notification.message'),
      newRequest: t('notification.request'),
      instead: quietLine,
    }),
  })
  for (const event of ['focus', 'blur']) addEventListener(event, () => notifier.look())
  addEventListener('storage', () => notifier.reload())
  document.addEventListener('visibilitychange', () => notifier.look())
  return {
    version: appVersion(document),
    updates: worker.updates,
    notifier,
    takeSharedText: async () => {
      const kept = appCaches()
      return kept === undefined ? undefined : takeSharedText(kept, appBase())
    },
  }
}
