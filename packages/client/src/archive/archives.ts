/** Everything of an account as a file, and back. docs/protocol/archive.md. */
import { type AccountId, type Crypto, PASSPHRASE_COST, type PassphraseCost, type RandomBytes } from '@starling/protocol'
import { getSettings } from '../account/settings-record.ts'
import type { ArchiveOptions, ExportedFile, ImportOptions, ImportSummary, ReadableOptions, Settings } from '../api.ts'
import type { Life } from '../client-life.ts'
import { eachOrAborted } from '../or-aborted.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import { ArchiveError } from './archive-error.ts'
import { type ArchiveLine, decodeLines, encodeLines } from './archive-lines.ts'
import { openArchive, sealArchive } from './archive-stream.ts'
import { type ExportOptions, exportLines } from './export-archive.ts'
import type { DownloadFile } from './export-media.ts'
import { exportFiles } from './export-readable.ts'
import { beginImport, endImport } from './half-import.ts'
import { type ImportTarget, importLines } from './import-archive.ts'

export type ArchivesOptions = {
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly passphraseCost?: PassphraseCost | undefined
  /** @throws {ClientStateError} `locked` */
  readonly life: () => Life
  readonly onSettings: (settings: Settings) => void
  /** Deletes everything from this device. */
  readonly erase: () => Promise<void>
  readonly download: DownloadFile
  /** Aborts as well when the client ends or is locked. */
  readonly within: (signal: AbortSignal | undefined) => AbortSignal
}

export class Archives {
  readonly #options: ArchivesOptions

  constructor(options: ArchivesOptions) {
    this.#options = options
  }

  export({ passphrase, signal }: ArchiveOptions): AsyncIterable<Uint8Array> {
    const { crypto, random, passphraseCost: cost = PASSPHRASE_COST } = this.#options
    const { self: _, ...options } = this.#exportOptions(signal)
    return sealArchive(encodeLines(exportLines(options)), { crypto, passphrase, random, cost, signal: options.signal })
  }

  exportReadable({ signal, media = false }: ReadableOptions): AsyncIterable<ExportedFile> {
    const download = media ? this.#options.download : undefined
    return exportFiles({ ...this.#exportOptions(signal), download })
  }

  /** In turn with whatever else changes the account. */
  async import(archive: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImportSummary> {
    const { crypto, life, within } = this.#options
    const { passphrase, onProgress } = options
    const signal = within(options.signal)
    const source = counted(eachOrAborted(archive, signal), onProgress)
    const lines = decodeLines(openArchive(source, { crypto, passphrase, signal }))
    if (!life().account.exists) return this.#importAccount(lines, { ...options, signal })
    return importLines(lines, this.#target([]), signal)
  }

  /** All of it or nothing, unless a part is wanted: a device that seems to have an account has what was in it. */
  async #importAccount(
    lines: AsyncIterable<ArchiveLine>,
    { signal, keepsPart = false }: ImportOptions & { readonly signal: AbortSignal },
  ): Promise<ImportSummary> {
    const { life, erase } = this.#options
    let hasBegun = false
    const target = this.#target([beginImport], () => (hasBegun = true))
    const end = async () => {
      await life().store.write([endImport])
      await life().account.startTaken()
    }
    try {
      const summary = await importLines(lines, target, signal)
      await end()
      return summary
    } catch (error) {
      const isPart = keepsPart && error instanceof ArchiveError && error.code === 'damaged'
      if (hasBegun) await (isPart ? end() : erase())
      throw error
    }
  }

  /** `others` are written with the account, where there is none yet. */
  #target(others: readonly SealedChange[], onBegin = (): void => {}): ImportTarget {
    const { life, onSettings } = this.#options
    return {
      account: async (archived, begin) => {
        const { account, store } = life()
        onBegin()
        await account.take(archived, [...begin, ...others])
        onSettings(await getSettings(store))
      },
      add: (conversation, messages) => life().account.messenger().import(conversation, messages),
    }
  }

  /** @throws {ClientStateError} */
  #exportOptions(signal: AbortSignal | undefined): ExportOptions & { readonly self: AccountId } {
    const { life, within } = this.#options
    const { account, net, store } = life()
    return { store, now: net.time.now(), signal: within(signal), self: account.messenger().accountId }
  }
}

async function* counted(
  archive: AsyncIterable<Uint8Array>,
  onProgress: ImportOptions['onProgress'],
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const piece of archive) {
    bytes += piece.length
    onProgress?.({ bytes })
    yield piece
  }
}
