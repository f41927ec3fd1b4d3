/** An archive of an account with as many chats and messages as a bench wants. It is imported as any other one. */
import {
  type AccountId,
  type Crypto,
  encodeAccountId,
  PASSPHRASE_COST,
  type RandomBytes,
  type UnixMillis,
  unixMillis,
  type X25519PublicKey,
} from '@starling/protocol'
import { type ArchiveLine, decodeLines, encodeLines } from '../archive/archive-lines.ts'
import { openArchive, sealArchive } from '../archive/archive-stream.ts'
import { sampleText, seededNumbers } from '../bench/sample-texts.ts'
import { type ConversationRecord, createConversation } from '../messages/conversation-record.ts'
import type { MessageRecord } from '../messages/message-record.ts'

export type SampleArchiveOptions = {
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly passphrase: string
  /** Whose archive it is. */
  readonly self: AccountId
  /** The last message is so old. */
  readonly now: UnixMillis
  readonly chats: number
  /** Messages of the first chat, which is the latest one; the others have {@link FEW} each. */
  readonly messages: number
}

/** Messages of every chat but the first. */
export const FEW = 4
const STEP_MS = 30_000

/** `archive` with chats and messages added. */
export async function* sampleArchive(
  archive: AsyncIterable<Uint8Array>,
  options: SampleArchiveOptions,
): AsyncGenerator<Uint8Array> {
  const { crypto, passphrase, random } = options
  const lines = filled(decodeLines(openArchive(archive, { crypto, passphrase })), options)
  yield* sealArchive(encodeLines(lines), { crypto, passphrase, random, cost: PASSPHRASE_COST })
}

/** What the first chat is called, and the others with their numbers. */
export function sampleChatName(number: number): string {
  return number === 0 ? 'Wendy' : `Contact ${number}`
}

async function* filled(lines: AsyncIterable<ArchiveLine>, options: SampleArchiveOptions): AsyncGenerator<ArchiveLine> {
  for await (const line of lines) {
    if (line.kind !== 'end') yield line
    else {
      yield* sampleLines(options)
      const messages = line.messages + options.messages + FEW * (options.chats - 1)
      yield { kind: 'end', conversations: line.conversations + options.chats, messages }
    }
  }
}

function* sampleLines({ self, chats, messages, now }: SampleArchiveOptions): Generator<ArchiveLine> {
  const random = seededNumbers(7)
  for (let chat = 0; chat < chats; chat++) {
    const account = accountOf(chat)
    const count = chat === 0 ? messages : FEW
    const lastActivity = unixMillis(now - chat * STEP_MS)
    const record: ConversationRecord = {
      ...createConversation(account, lastActivity),
      ...{ accepted: true, approvedMe: true, answered: true, profileName: sampleChatName(chat) },
    }
    yield { kind: 'conversation', record: { ...record, version: 2 } }
    for (let number = 0; number < count; number++) {
      const isOutgoing = number % 3 === 0
      const message: MessageRecord = {
        author: isOutgoing ? self : account,
        direction: isOutgoing ? 'outgoing' : 'incoming',
        body: { kind: 'text', text: sampleText(number, random) },
        sentAt: unixMillis(lastActivity - (count - number) * STEP_MS),
        ...(isOutgoing && { delivery: { kind: 'read', on: 3, of: 3 } }),
      }
      yield { kind: 'message', conversation: account, record: { ...message, version: 2 } }
    }
  }
}

function accountOf(chat: number) {
  const key = new Uint8Array(32).fill(9)
  new DataView(key.buffer).setUint32(0, chat + 1)
  return encodeAccountId(key as X25519PublicKey)
}
