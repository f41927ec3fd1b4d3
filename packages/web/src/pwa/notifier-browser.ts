/** Notifications through the service worker, which hears of clicks also when no page is open; and the badge of the app. */
import type { NotificationState, NotifierBrowser } from './notifier.ts'

const PERMISSIONS = { default: 'open', granted: 'granted', denied: 'blocked' } as const

type Badges = { setAppBadge?(count: number): Promise<void>; clearAppBadge?(): Promise<void> }

/** All tabs of an account hear of the same message at about the same time. */
const ONE_TAB_MS = 1_000

export function createNotifierBrowser(registration: Promise<ServiceWorkerRegistration | undefined>): NotifierBrowser {
  const permission = (): NotificationState['permission'] =>
    'Notification' in globalThis && 'serviceWorker' in navigator ? PERMISSIONS[Notification.permission] : 'unsupported'
  const showNow: NotifierBrowser['show'] = async ({ tag, title, body, hash }) => {
    const options = { tag, body, data: hash, renotify: true, icon: 'icons/icon-192.png', badge: 'icons/badge-96.png' }
    await (await registration)?.showNotification(title, options)
  }
  /** Of these conversations this tab tells, and no other one does. */
  const telling = new Set<string>()
  /** Unless another tab tells of this conversation. The right to tell is kept for a while after it is shown. */
  const showAlone = (notification: Parameters<NotifierBrowser['show']>[0]) =>
    new Promise<void>((resolve, reject) => {
      const { tag } = notification
      const tell = async (lock: Lock | null) => {
        if (lock === null) return resolve()
        telling.add(tag)
        try {
          await showNow(notification)
          resolve()
          await new Promise((wait) => setTimeout(wait, ONE_TAB_MS))
        } finally {
          telling.delete(tag)
        }
      }
      navigator.locks.request(`starling.notify.${tag}`, { ifAvailable: true }, tell).catch(reject)
    })
  return {
    isWatched: () => document.visibilityState === 'visible' && document.hasFocus(),
    permission,
    async ask() {
      await Notification.requestPermission()
      return permission()
    },
    async show(notification) {
      if (telling.has(notification.tag)) await showNow(notification)
      else await showAlone(notification)
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
