/** Everything of an account as a file, and back. docs/protocol/archive.md. */
import { type AccountId, type Crypto, PASSPHRASE_COST, type PassphraseCost, type RandomBytes } from '@starling/protocol'
import { decodeAccount } from '../account/account-record.ts'
import { getSettings } from '../account/settings-record.ts'
import type { ArchiveOptions, ExportedFile, ImportSummary, ReadableOptions, Settings } from '../api.ts'
import type { Life } from '../client-life.ts'
import { eachOrAborted } from '../or-aborted.ts'
import { decodeLines, encodeLines } from './archive-lines.ts'
import { openArchive, sealArchive } from './archive-stream.ts'
import { type ExportOptions, exportLines } from './export-archive.ts'
import type { DownloadFile } from './export-media.ts'
import { exportFiles } from './export-readable.ts'
import { type ImportTarget, importLines } from './import-archive.ts'

export type ArchivesOptions = {
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly passphraseCost?: PassphraseCost | undefined
  /** @throws {ClientStateError} `locked` */
  readonly life: () => Life
  readonly onSettings: (settings: Settings) => void
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
  async import(archive: AsyncIterable<Uint8Array>, { passphrase, signal }: ArchiveOptions): Promise<ImportSummary> {
    const { crypto, life, onSettings, within } = this.#options
    const { account } = life()
    const isNew = !account.exists
    const calledOff = within(signal)
    const source = eachOrAborted(archive, calledOff)
    const lines = decodeLines(openArchive(source, { crypto, passphrase, signal: calledOff }))
    const target: ImportTarget = {
      account: async (record, begin) => {
        await account.take(decodeAccount(record), begin)
        onSettings(await getSettings(life().store))
      },
      add: (conversation, messages) => account.messenger().import(conversation, messages),
    }
    try {
      return await importLines(lines, target, calledOff)
    } finally {
      if (isNew) await account.startTaken()
    }
  }

  /** @throws {ClientStateError} */
  #exportOptions(signal: AbortSignal | undefined): ExportOptions & { readonly self: AccountId } {
    const { life, within } = this.#options
    const { account, net, store } = life()
    return { store, now: net.time.now(), signal: within(signal), self: account.messenger().accountId }
  }
}
