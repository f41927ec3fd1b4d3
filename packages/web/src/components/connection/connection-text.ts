import type { NetworkView, UnixMillis } from '@starling/client'
import { durationText, timeAgo } from '../../format/time.ts'
import { t } from '../../text/t.ts'

/** The connection in a word, for the live dot. */
export type ConnectionLight = { readonly tone: 'ok' | 'busy' | 'off'; readonly label: string }

export function connectionLight({ connection }: NetworkView): ConnectionLight {
  switch (connection.kind) {
    case 'connected':
      return { tone: 'ok', label: t('connection.connected') }
    case 'connecting':
      return { tone: 'busy', label: t('connection.connecting') }
    case 'offline':
      return { tone: 'off', label: `${t('connection.offline')}. ${t(`connection.reason.${connection.reason}`)}` }
  }
}

export type Notice = { readonly kind: 'offline' | 'clock'; readonly title: string; readonly text: string }

/** What a person has to know about the network now: nothing, while all is well. */
export function connectionNotices({ connection, clockSkew }: NetworkView, now: UnixMillis): readonly Notice[] {
  const notices: Notice[] = []
  if (connection.kind === 'offline') {
    const { reason, lastContact } = connection
    const contact =
      lastContact === undefined
        ? t('connection.neverContact')
        : t('connection.lastContact', { when: timeAgo(lastContact, now) })
    const title = `${t('connection.offline')}. ${t(`connection.reason.${reason}`)}`
    notices.push({ kind: 'offline', title, text: `${contact} ${t('connection.waits')}` })
  }
  if (clockSkew !== undefined) {
    const duration = durationText(clockSkew)
    const title = clockSkew > 0 ? t('clock.titleAhead', { duration }) : t('clock.titleBehind', { duration })
    notices.push({ kind: 'clock', title, text: t('clock.text') })
  }
  return notices
}
