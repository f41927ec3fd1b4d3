import type { DeletionScope, MessageView } from '@starling/client'

/** Where these messages can be deleted from, the least first. From everyone: own ones that left this device. */
export function deleteScopes(messages: readonly MessageView[], isNote: boolean): readonly DeletionScope[] {
  const isOut = ({ direction, delivery, deleted, body }: MessageView): boolean =>
    direction === 'outgoing' && delivery?.kind !== 'failed' && !deleted && body.kind !== 'notice'
  return !isNote && messages.length > 0 && messages.every(isOut)
    ? ['thisDevice', 'myDevices', 'everyone']
    : ['thisDevice', 'myDevices']
}
