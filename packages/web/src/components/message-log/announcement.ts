import type { MessageView } from '@starling/client'
import { plainLine } from '../../format/hostile-text.ts'
import { t } from '../../text/t.ts'
import { quietLine } from '../message-bubble/message-text.ts'

/** What a screen reader says of messages that came in, a line each; empty for none. */
export function announcementOf(messages: readonly MessageView[], name: string): string {
  const words = (message: MessageView): string =>
    quietLine(message) ?? (message.body.kind === 'text' ? plainLine(message.body.text) : t('message.unsupported'))
  return messages.map((message) => t('log.announce', { name, text: words(message) })).join('\n')
}
