/** View model of exports and imports: one at a time, with what came of it. */
import type { Client, ExportedFile, ImportSummary } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'
import { chunksOf, collectBlob } from '../../worker/chunks.ts'
import { failureCode } from '../failure/failure-text.ts'
import { zipOf } from './zip.ts'

export type ArchiveProblem =
  | 'empty'
  | 'too_long'
  | 'mismatch'
  | 'noFile'
  | 'wrong'
  | 'notArchive'
  | 'damaged'
  | 'newer'
  | 'other'
  | 'tooLarge'
  | 'failed'

export type ArchiveView = {
  readonly state: 'idle' | 'running' | 'done'
  readonly problem: ArchiveProblem | undefined
  readonly imported: ImportSummary | undefined
  /** How much of an archive was read, from 0 to 1. */
  readonly part: number | undefined
}

export interface ArchiveModel extends Snapshots<ArchiveView> {
  exportAll(passphrase: string, repeated: string): Promise<boolean>
  /** One JSON file; `media`: a ZIP archive with the files of messages in it, fetched from where they lie. */
  exportReadable(options?: { readonly media?: boolean }): Promise<boolean>
  /** `keepsPart`: of a damaged archive that brings its account, what can be read. */
  import(file: Blob | undefined, passphrase: string, keepsPart?: boolean): Promise<boolean>
  /** Calls off what is running, and forgets what came of it. */
  reset(): void
}

export type ArchiveClient = Pick<Client, 'exportArchive' | 'exportReadable' | 'importArchive'>

export type ArchivePorts = {
  readonly client: ArchiveClient
  /** Hands a file to the person, as a download. */
  readonly save: (name: string, content: Blob) => void
  /** For the name of the file. */
  readonly today: () => Date
}

const MOST_CHARACTERS = 1024
const IDLE: ArchiveView = { state: 'idle', problem: undefined, imported: undefined, part: undefined }

export function createArchive({ client, save, today }: ArchivePorts): ArchiveModel {
  const store = createStore<ArchiveView>(IDLE)
  const refuse = (problem: ArchiveProblem): false => {
    store.set({ ...IDLE, problem })
    return false
  }
  let life = new AbortController()
  const run = async (
    work: (signal: AbortSignal) => Promise<ImportSummary | undefined>,
    problemOf: (code: string) => ArchiveProblem,
  ) => {
    const { signal } = life
    store.set({ ...IDLE, state: 'running' })
    try {
      const imported = await work(signal)
      signal.throwIfAborted()
      store.set({ ...IDLE, state: 'done', imported })
      return true
    } catch (error) {
      return signal.aborted ? false : refuse(problemOf(failureCode(error)))
    }
  }
  const nameOf = (kind: string, ending: string) => `starling-${kind}-${today().toISOString().slice(0, 10)}.${ending}`
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    async exportAll(passphrase, repeated) {
      const problem = passphraseProblem(passphrase) ?? (passphrase === repeated ? undefined : 'mismatch')
      if (problem !== undefined) return refuse(problem)
      return run(
        async (signal) => {
          const archive = await collectBlob(client.exportArchive({ passphrase, signal }))
          signal.throwIfAborted()
          save(nameOf('archive', 'starling'), archive)
          return undefined
        },
        () => 'failed',
      )
    },
    exportReadable: ({ media = false } = {}) =>
      run(
        async (signal) => {
          const files = client.exportReadable({ signal, media })
          const made = await (media ? zipOf(files) : jsonOf(files))
          signal.throwIfAborted()
          save(nameOf('messages', media ? 'zip' : 'json'), made)
          return undefined
        },
        (code) => (code === 'zip_too_large' ? 'tooLarge' : 'failed'),
      ),
    async import(file, passphrase, keepsPart = false) {
      if (file === undefined) return refuse('noFile')
      const problem = passphraseProblem(passphrase)
      if (problem !== undefined) return refuse(problem)
      return run((signal) => {
        const onProgress = ({ bytes }: { readonly bytes: number }) => {
          if (!signal.aborted) store.set({ ...store.snapshot, part: bytes / file.size })
        }
        return client.importArchive(chunksOf(file), { passphrase, keepsPart, signal, onProgress })
      }, importProblem)
    },
    reset() {
      life.abort()
      life = new AbortController()
      store.set(IDLE)
    },
  }
}

async function jsonOf(files: AsyncIterable<ExportedFile>): Promise<Blob> {
  const parts: BlobPart[] = []
  for await (const { path, content } of files) {
    parts.push(`${parts.length === 0 ? '{' : ','}\n${JSON.stringify(path)}: `, await collectBlob(content))
  }
  return new Blob([...parts, '\n}\n'], { type: 'application/json' })
}

function passphraseProblem(passphrase: string): ArchiveProblem | undefined {
  if (passphrase === '') return 'empty'
  return passphrase.length > MOST_CHARACTERS ? 'too_long' : undefined
}

function importProblem(code: string): ArchiveProblem {
  switch (code) {
    case 'passphrase_or_damage':
      return 'wrong'
    case 'not_an_archive':
      return 'notArchive'
    case 'damaged':
      return 'damaged'
    case 'newer_version':
      return 'newer'
    case 'other_account':
      return 'other'
    default:
      return 'failed'
  }
}
