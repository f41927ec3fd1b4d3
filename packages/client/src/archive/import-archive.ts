/**
 * Puts what an archive has beside what is here. Invariants: what is here stays as it is; a message is added where its place is
 * free and it was not deleted; so a second import changes nothing.
 */
import { CodecError, fromBase64, MalformedInputError, utf8 } from '@starling/protocol'
import { type AccountRecord, decodeAccount } from '../account/account-record.ts'
import type { ConversationId, ImportSummary } from '../api.ts'
import { CONFIG_NAMES } from '../config/config-states.ts'
import { type ConversationRecord, conversationRecord } from '../messages/conversation-record.ts'
import { type MessageRecord, messageRecord } from '../messages/message-record.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import { TABLES } from '../store/tables.ts'
import { ArchiveError } from './archive-error.ts'
import type { ArchiveLine } from './archive-lines.ts'

/** Where it goes. */
export type ImportTarget = {
  /**
   * The account of the archive. `begin` are records for a device that has no account yet. Resolves
   * when conversations can come. @throws {ArchiveError} `other_account`
   */
  account(account: AccountRecord, begin: readonly SealedChange[]): Promise<void>
  /** Messages of a conversation, and the conversation if it is not here. What was new. */
  add(conversation: ConversationRecord, messages: readonly MessageRecord[]): Promise<ImportSummary>
}

/** Messages that are written at once. */
const BATCH = 200

/** @throws {ArchiveError} `damaged`, `newer_version`, `other_account` */
export async function importLines(
  lines: AsyncIterable<ArchiveLine>,
  target: ImportTarget,
  signal: AbortSignal,
): Promise<ImportSummary> {
  const reader = new ArchiveReader(target)
  for await (const line of lines) {
    signal.throwIfAborted()
    await reader.take(line)
  }
  return reader.end()
}

class ArchiveReader {
  readonly #target: ImportTarget
  readonly #begin: SealedChange[] = []
  #account: Uint8Array | undefined
  #isOpen = false
  #isEnded = false
  #conversation: ConversationRecord | undefined
  #messages: MessageRecord[] = []
  #summary: ImportSummary = { conversations: 0, messages: 0 }

  constructor(target: ImportTarget) {
    this.#target = target
  }

  async take(line: ArchiveLine): Promise<void> {
    switch (line.kind) {
      case 'account':
        this.#account = utf8(JSON.stringify(line.record))
        return
      case 'settings':
        this.#begin.push(putSingleton('settings', utf8(JSON.stringify(line.record))))
        return
      case 'config':
        if (CONFIG_NAMES.some((name) => name === line.name))
          this.#begin.push(putSingleton(line.name, parseBase64(line.state)))
        return
      case 'conversation':
        await this.#open()
        await this.#flush()
        this.#conversation = readRecord(() => conversationRecord.decode(utf8(JSON.stringify(line.record))))
        return
      case 'message':
        await this.#takeMessage(line.conversation, line.record)
        return
      case 'end':
        await this.#open()
        await this.#flush()
        this.#isEnded = true
        return
      default: // `archive` says nothing that matters here; of later kinds nothing is known.
    }
  }

  end(): ImportSummary {
    if (!this.#isEnded) throw new ArchiveError('damaged')
    return this.#summary
  }

  async #takeMessage(conversation: string, record: unknown): Promise<void> {
    const id = this.#conversation?.account as string | undefined as ConversationId | undefined
    if (id !== conversation) throw new ArchiveError('damaged')
    this.#messages.push(readRecord(() => messageRecord.decode(utf8(JSON.stringify(record)))))
    if (this.#messages.length < BATCH) return
    const messages = this.#messages
    this.#messages = []
    await this.#add(messages)
  }

  async #open(): Promise<void> {
    if (this.#isOpen) return
    const record = this.#account
    if (record === undefined) throw new ArchiveError('damaged')
    this.#isOpen = true
    await this.#target.account(
      readRecord(() => decodeAccount(record)),
      this.#begin,
    )
  }

  async #flush(): Promise<void> {
    const messages = this.#messages
    this.#messages = []
    await this.#add(messages)
    this.#conversation = undefined
  }

  async #add(messages: readonly MessageRecord[]): Promise<void> {
    if (this.#conversation === undefined) return
    const added = await this.#target.add(this.#conversation, messages)
    this.#summary = {
      conversations: this.#summary.conversations + added.conversations,
      messages: this.#summary.messages + added.messages,
    }
  }
}

function putSingleton(partition: string, value: Uint8Array): SealedChange {
  return { kind: 'put', name: { table: TABLES.singletons, partition, sort: new Uint8Array() }, value }
}

function parseBase64(text: string): Uint8Array {
  return readRecord(() => fromBase64(text))
}

/** What our records do not allow was written by a later version, or by somebody else. */
function readRecord<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof StoreError) throw new ArchiveError('newer_version', { cause: error })
    const isMalformed = error instanceof MalformedInputError || error instanceof CodecError
    throw isMalformed ? new ArchiveError('damaged', { cause: error }) : error
  }
}
