/** The part of the public API about what this device keeps: searching it, locking it, taking it along. */
import type { CallOptions, ConversationId, MessageId, MessageView } from './api.ts'

/** UTF-16 positions: from `start` up to, and without, `end`. */
export type MatchRange = { readonly start: number; readonly end: number }

export type SearchHit = {
  readonly message: MessageView
  /** A piece of the text around the first match, on one line, with "…" where it was cut. Hostile text: show as text only. */
  readonly snippet: string
  /** In `snippet`, in order, not overlapping. */
  readonly matches: readonly MatchRange[]
}

export type SearchOptions = CallOptions & {
  readonly conversation?: ConversationId
  /** 1 … 200; 50, unless told. */
  readonly limit?: number
  /** Only messages before this one: the last hit, for the next page. */
  readonly before?: MessageId
  /** `relevance`: those with more of the words as they were typed come first. `newest`, unless told. */
  readonly order?: 'newest' | 'relevance'
}

export type ArchiveOptions = CallOptions & {
  /** 1 … 1,024 characters; whoever has it and the file has the account. */
  readonly passphrase: string
}

export type ImportOptions = ArchiveOptions & {
  /**
   * On a device without an account: take what comes before the damage of a damaged archive. The import is rejected all the same.
   * Not unless told.
   */
  readonly keepsPart?: boolean
  /** Bytes of the archive that were read so far. */
  readonly onProgress?: ((progress: { readonly bytes: number }) => void) | undefined
}

/** What an import brought that was not here yet. */
export type ImportSummary = { readonly conversations: number; readonly messages: number }

export type ReadableOptions = CallOptions & {
  /** Files of messages as well: downloaded from where they lie, one at a time. Not unless told. */
  readonly media?: boolean
}

export type ExportedFile = {
  /** Within the folder of the export, with "/" between names. Made by us: of a file's own name only its ending is taken. */
  readonly path: string
  /** To be read before the next file is asked for. */
  readonly content: AsyncIterable<Uint8Array>
}

export interface DeviceData {
  /**
   * Messages that have every word of `query`, or a word that begins with it; of scripts without spaces, the characters as they
   * stand. Case and accents make no difference. Empty, if the query has no words.
   */
  search(query: string, options?: SearchOptions): Promise<readonly SearchHit[]>

  /** Whether a passphrase opens this device. */
  hasPassphrase(options?: CallOptions): Promise<boolean>
  /**
   * Sets, changes, or without `next` removes the passphrase; `old` is the one that there is. What is stored stays as it is.
   *
   * @throws {PassphraseError} `wrong`, `too_soon`, `empty`, `too_long`, `none`
   */
  setPassphrase(change: { readonly old?: string; readonly next?: string }, options?: CallOptions): Promise<void>
  /** Stops everything, and forgets all that is in memory, until `unlock`. @throws {PassphraseError} `none` */
  lock(options?: CallOptions): Promise<void>
  /** From the session `locked` on. Takes as long as guessing shall take, about a second. @throws {PassphraseError} */
  unlock(passphrase: string, options?: CallOptions): Promise<void>

  /** Everything that this device keeps, as one encrypted file in pieces: docs/protocol/archive.md. */
  exportArchive(options: ArchiveOptions): AsyncIterable<Uint8Array>
  /**
   * The same for reading, in clear: JSON files, one for each conversation. With `media` the files of a conversation come before
   * its JSON, which names them, or the code of why one is missing. One file at a time is in memory, 10,000,000 bytes at most.
   */
  exportReadable(options?: ReadableOptions): AsyncIterable<ExportedFile>
  /**
   * Adds what is in the archive to what is here; what came before damage was found stays. Once more changes nothing. On a device
   * without an account it brings its account as well, and either all of it comes or nothing, also when it is called off.
   *
   * @throws {ArchiveError} `not_an_archive`, `passphrase_or_damage`, `damaged`, `newer_version`, `other_account`
   */
  importArchive(archive: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImportSummary>
}
