/** What a person does with the messages of one conversation. */
import type {
  Client,
  ConversationId,
  DeletionScope,
  Expiration,
  MessageId,
  MessageView,
  OutgoingPreview,
} from '@starling/client'
import type { StagedFile } from '../composer/staged-files.ts'
import type { Media } from '../image-grid/media.ts'
import type { ConversationNotice } from './conversation.ts'
import { type Uploading, uploadFiles } from './upload-files.ts'

export type DeedsClient = Pick<
  Client,
  'history' | 'send' | 'retry' | 'react' | 'removeReaction' | 'deleteMessages' | 'setExpiration' | 'setTyping' | 'files'
>

/** What the composer hands over. */
export type Outgoing = Uploading & {
  readonly text: string
  readonly quote?: MessageId | undefined
  readonly preview?: OutgoingPreview | undefined
  readonly files?: readonly StagedFile[]
}

/** Each resolves to false, with a notice, if it did not work: nothing is lost then. */
export interface MessageDeeds {
  /** Files are uploaded first: if one of them cannot be, nothing is sent. Aborted, it is as if nothing had been asked. */
  send(outgoing: Outgoing): Promise<boolean>
  retry(message: MessageId): Promise<boolean>
  /** Reacts so, or takes it back. */
  toggleReaction(message: MessageView, emoji: string): Promise<boolean>
  deleteMessages(messages: readonly MessageId[], scope: DeletionScope): Promise<boolean>
  /** Deletes everything that is in the conversation now, and keeps the conversation. */
  clear(scope: Exclude<DeletionScope, 'everyone'>): Promise<boolean>
  setExpiration(expiration: Expiration | undefined): Promise<boolean>
  setTyping(isTyping: boolean): void
}

/** Does something; if that fails, says so with the notice that is given or chosen by the error's code, if any. */
export type Act = (
  told: ConversationNotice | ((code: string) => ConversationNotice | undefined),
  action: () => Promise<unknown>,
) => Promise<boolean>

export function createMessageDeeds(
  client: DeedsClient,
  id: ConversationId,
  { act, media }: { readonly act: Act; readonly media: Pick<Media, 'keep'> },
): MessageDeeds {
  return {
    send: ({ text, quote, preview, files = [], ...uploading }) => {
      if (quote === undefined && preview === undefined && files.length === 0)
        return act('sendFailed', () => client.send(id, text))
      const told = (code: string) => (uploading.signal?.aborted ? undefined : sendNotice(code))
      return act(told, async () => {
        const { attachments, pictures } = await uploadFiles(client, files, uploading)
        const message = await client.send(id, {
          ...(text === '' ? {} : { text }),
          ...(quote === undefined ? {} : { quote }),
          ...(preview === undefined ? {} : { preview }),
          ...(attachments.length === 0 ? {} : { attachments }),
        })
        for (const [index, picture] of pictures) void media.keep(message, index, picture)
      })
    },
    retry: (message) => act('actionFailed', () => client.retry(message)),
    toggleReaction: (message, emoji) =>
      act(
        (code) => (code === 'rate_limited' ? 'tooManyReactions' : 'actionFailed'),
        () =>
          message.reactions.some((reaction) => reaction.emoji === emoji && reaction.mine)
            ? client.removeReaction(message.id, emoji)
            : client.react(message.id, emoji),
      ),
    deleteMessages: (messages, scope) => act('actionFailed', () => client.deleteMessages(messages, scope)),
    clear: (scope) => act('actionFailed', () => clearAll(client, id, scope)),
    setExpiration: (expiration) => act('actionFailed', () => client.setExpiration(id, expiration)),
    setTyping(isTyping) {
      // A courtesy that fails is not worth a word.
      client.setTyping(id, isTyping).catch(() => {})
    },
  }
}

function sendNotice(code: string): ConversationNotice {
  if (code === 'files_unavailable') return 'filesNotYet'
  if (code === 'image_unreadable') return 'imageUnreadable'
  return /^(storage|file|leader)_/.test(code) ? 'uploadFailed' : 'sendFailed'
}

/** Page by page: what is deleted leaves the window, and what is older comes into it. */
async function clearAll(client: DeedsClient, id: ConversationId, scope: DeletionScope): Promise<void> {
  await using history = await client.history(id)
  await history.jumpToLatest()
  for (;;) {
    const { messages, hasOlder } = history.state.snapshot
    if (messages.length > 0) {
      await client.deleteMessages(
        messages.map((message) => message.id),
        scope,
      )
      await untilGone(history, messages)
    } else if (hasOlder) await history.loadOlder()
    else return
  }
}

/** The history hears of a deletion by its own way. Ends when none of these is in the window. */
function untilGone(history: Awaited<ReturnType<Client['history']>>, deleted: readonly MessageView[]): Promise<void> {
  const ids = new Set(deleted.map((message) => message.id))
  return new Promise((resolve) => {
    let stop = (): void => {}
    let isDone = false
    const check = (): void => {
      if (isDone || history.state.snapshot.messages.some((message) => ids.has(message.id))) return
      isDone = true
      stop()
      resolve()
    }
    stop = history.state.subscribe(check)
    if (isDone) stop()
    else check()
  })
}
