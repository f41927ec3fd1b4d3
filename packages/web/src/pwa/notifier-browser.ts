/** Notifications through the service worker, which hears of clicks also when no page is open; and the badge of the app. */
import type { NotificationState, NotifierBrowser } from './notifier.ts'

const PERMISSIONS = { default: 'open', granted: 'granted', denied: 'blocked' } as const

type Badges = { setAppBadge?(count: number): Promise<void>; clearAppBadge?(): Promise<void> }

export function createNotifierBrowser(registration: Promise<ServiceWorkerRegistration | undefined>): NotifierBrowser {
  const permission = (): NotificationState['permission'] =>
    'Notification' in globalThis && 'serviceWorker' in navigator ? PERMISSIONS[Notification.permission] : 'unsupported'
  return {
    isWatched: () => document.visibilityState === 'visible' && document.hasFocus(),
    permission,
    async ask() {
      await Notification.requestPermission()
      return permission()
    },
    async show({ tag, title, body, hash }) {
      const options = { tag, body, data: hash, renotify: true, icon: 'icons/icon-192.png', badge: 'icons/badge-96.png' }
      await (await registration)?.showNotification(title, options)
    },
    async close(tag) {
      const shown = (await (await registration)?.getNotifications({ tag })) ?? []
      for (const notification of shown) notification.close()
    },
    async badge(count) {
      const badges: Badges = navigator
      if (count > 0) await badges.setAppBadge?.(count)
      else await badges.clearAppBadge?.()
    },
  }
}
