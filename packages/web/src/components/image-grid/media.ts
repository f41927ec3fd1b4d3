/**
 * View model of the files of one conversation: loaded when somebody asks, shown if they are pictures, and saved. Invariants:
 * nothing of a stranger is loaded; what is not in the history any more is forgotten, with its address; at most
 * 64,000,000 bytes of files are kept, at most three loaded and one decoded at a time.
 */
import type { AttachmentView, Client, MessageId, MessageView } from '@starling/client'
import { createStore, type Snapshots, type Store } from '../../state/store.ts'
import { failureCode } from '../failure/failure-text.ts'
import { imageTypeOf, isPicture, MOST_PIXELS, nameToSave, PREVIEW_SIDE } from './image-kind.ts'
import { type OpenSize, type Size, shrunkSize } from './image-layout.ts'
import { createLimit } from './limit.ts'

/** `gone`: for good. `unreachable`: perhaps later. `wrong`: not what was sent. `notImage`, `tooLarge`: it can still be saved. */
export type MediaFailure = 'noPlace' | 'gone' | 'unreachable' | 'wrong' | 'notImage' | 'tooLarge'

export type MediaState =
  | { readonly kind: 'waiting' }
  /** `part`: from 0 to 1. */
  | { readonly kind: 'loading'; readonly part: number }
  /** `preview`: small enough for a chat, and still. `whole`: as it was sent. */
  | ({ readonly kind: 'shown'; readonly preview: string; readonly whole: string } & Size)
  /** A file that is no picture went to the person. */
  | { readonly kind: 'saved' }
  | { readonly kind: 'failed'; readonly why: MediaFailure }

export interface Media extends Disposable {
  stateOf(message: MessageId, index: number): Snapshots<MediaState>
  /** Loads a picture, unless it is there, on its way, or a stranger's. */
  load(message: MessageView, attachment: AttachmentView): Promise<void>
  /** Shows a picture that this device keeps; any other one stays as it is, and nothing is fetched. */
  loadKept(message: MessageView, attachment: AttachmentView): Promise<void>
  /** Stops what is on its way. */
  cancel(message: MessageId, index: number): void
  /** Hands a file to the person, and says so to its sender as the protocol wants. False: it could not be had; its state says why. */
  save(message: MessageView, attachment: AttachmentView): Promise<boolean>
  /** A picture that was just sent needs no way around. */
  keep(message: MessageId, index: number, picture: Blob): Promise<void>
  /** Forgets all files but those of these messages. */
  retain(messages: readonly MessageView[]): void
}

export type ImagePorts = {
  readonly makeUrl: (blob: Blob) => string
  readonly revokeUrl: (url: string) => void
  /** Reads no more than the head of it. Rejects if it is no image. */
  readonly measure: (url: string) => Promise<Size>
  /** Its first frame, in this size; in its own proportions where one side is left open. */
  readonly shrink: (blob: Blob, size: OpenSize) => Promise<Blob>
  readonly saveFile: (name: string, content: Blob) => void
}

export type MediaOptions = {
  readonly client: Pick<Client, 'files' | 'reportMediaSaved'>
  readonly isStranger: () => boolean
  readonly ports: ImagePorts
}

const MOST_BYTES = 64_000_000
const LOADS_AT_ONCE = 3

type Key = string
type Entry = {
  readonly key: Key
  readonly state: Store<MediaState>
  whole?: Blob | undefined
  loading?: AbortController | undefined
  urls: readonly string[]
}

export function createMedia(options: MediaOptions): Media {
  return new ConversationMedia(options)
}

class ConversationMedia implements Media {
  readonly #options: MediaOptions
  /** In the order in which they were loaded, oldest first. */
  readonly #entries = new Map<Key, Entry>()
  readonly #loads = createLimit(LOADS_AT_ONCE)
  readonly #decodes = createLimit(1)
  #isEnded = false

  constructor(options: MediaOptions) {
    this.#options = options
  }

  stateOf(message: MessageId, index: number): Snapshots<MediaState> {
    return this.#entry(keyOf(message, index)).state
  }

  async load(message: MessageView, attachment: AttachmentView): Promise<void> {
    const entry = this.#entry(keyOf(message.id, attachment.index))
    if (this.#options.isStranger() || entry.loading !== undefined || entry.state.snapshot.kind === 'shown') return
    await this.#work(entry, async (signal) => {
      const bytes = await this.#fetch(entry, { message, attachment, signal })
      await this.#show(entry, new Blob([bytes]), signal)
    })
  }

  async loadKept({ id }: MessageView, { index }: AttachmentView): Promise<void> {
    const { client, isStranger } = this.#options
    const entry = this.#entry(keyOf(id, index))
    if (isStranger() || entry.state.snapshot.kind !== 'waiting') return
    const kept = await this.#getKept(() => client.files.kept(id, index))
    // Somebody may have asked for it meanwhile, or have left.
    const isWanted = this.#entries.get(entry.key) === entry && entry.state.snapshot.kind === 'waiting'
    if (kept !== undefined && isWanted) await this.keep(id, index, new Blob([kept as Uint8Array<ArrayBuffer>]))
  }

  cancel(message: MessageId, index: number): void {
    this.#entries.get(keyOf(message, index))?.loading?.abort()
  }

  async save(message: MessageView, attachment: AttachmentView): Promise<boolean> {
    const entry = this.#entry(keyOf(message.id, attachment.index))
    if (this.#options.isStranger() || entry.loading !== undefined) return false
    const before = entry.state.snapshot
    let isSaved = false
    await this.#work(entry, async (signal) => {
      const content = entry.whole ?? new Blob([await this.#fetch(entry, { message, attachment, signal })])
      const type = imageTypeOf(new Uint8Array(await content.slice(0, 16).arrayBuffer()))
      signal.throwIfAborted()
      // Only what is a picture is called one: everything else is bytes.
      const file = content.slice(0, content.size, type ?? 'application/octet-stream')
      this.#options.ports.saveFile(nameToSave(attachment, type), file)
      entry.state.set(before.kind === 'shown' || isPicture(attachment) ? before : { kind: 'saved' })
      isSaved = true
    })
    if (isSaved && message.direction === 'incoming') await this.#report(message.id)
    return isSaved
  }

  async keep(message: MessageId, index: number, picture: Blob): Promise<void> {
    // It was sent after the chat was left.
    if (this.#isEnded) return
    const entry = this.#entry(keyOf(message, index))
    if (entry.loading === undefined) await this.#work(entry, (signal) => this.#show(entry, picture, signal))
  }

  retain(messages: readonly MessageView[]): void {
    if (this.#entries.size === 0) return
    const kept = new Set(messages.flatMap((message) => filesOf(message).map(({ index }) => keyOf(message.id, index))))
    for (const key of [...this.#entries.keys()]) if (!kept.has(key)) this.#forget(key)
  }

  [Symbol.dispose](): void {
    this.#isEnded = true
    for (const key of [...this.#entries.keys()]) this.#forget(key)
  }

  async #report(message: MessageId): Promise<void> {
    try {
      await this.#options.client.reportMediaSaved(message)
    } catch {
      // The file is with the person; that its sender could not be told changes nothing about that.
    }
  }

  async #getKept(get: () => Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    try {
      return await get()
    } catch {
      // Nobody asked for it: who does hears why it cannot be had.
      return undefined
    }
  }

  async #work(entry: Entry, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const life = new AbortController()
    const before = entry.state.snapshot
    entry.loading = life
    try {
      await work(life.signal)
    } catch (error) {
      const back: MediaState = before.kind === 'shown' ? before : { kind: 'waiting' }
      entry.state.set(life.signal.aborted ? back : { kind: 'failed', why: whyOf(error) })
    } finally {
      if (entry.loading === life) entry.loading = undefined
    }
  }

  async #fetch(
    entry: Entry,
    { message, attachment, signal }: { message: MessageView; attachment: AttachmentView; signal: AbortSignal },
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (entry.state.snapshot.kind !== 'shown') entry.state.set({ kind: 'loading', part: 0 })
    const onProgress = ({ bytes, total = attachment.size }: { bytes: number; total?: number | undefined }): void => {
      if (entry.state.snapshot.kind === 'loading' && total)
        entry.state.set({ kind: 'loading', part: Math.min(1, bytes / total) })
    }
    const download = () => this.#options.client.files.download(message.id, attachment.index, { signal, onProgress })
    const bytes = await this.#loads(download, signal)
    return bytes as Uint8Array<ArrayBuffer>
  }

  async #show(entry: Entry, picture: Blob, signal: AbortSignal): Promise<void> {
    const { ports } = this.#options
    const type = imageTypeOf(new Uint8Array(await picture.slice(0, 16).arrayBuffer()))
    if (type === undefined) throw new NotShown('notImage')
    const whole = picture.slice(0, picture.size, type)
    const urls = [ports.makeUrl(whole)]
    try {
      const size = await ports.measure(urls[0]!).catch(() => Promise.reject(new NotShown('notImage')))
      if (size.width * size.height > MOST_PIXELS) throw new NotShown('tooLarge')
      const preview = await this.#decodes(() => ports.shrink(whole, shrunkSize(size, PREVIEW_SIDE)), signal)
      signal.throwIfAborted()
      urls.push(ports.makeUrl(preview))
      Object.assign(entry, { urls, whole })
      entry.state.set({ kind: 'shown', preview: urls[1]!, whole: urls[0]!, ...size })
      this.#entries.delete(entry.key)
      this.#entries.set(entry.key, entry)
      this.#makeRoom()
    } catch (error) {
      for (const url of urls) ports.revokeUrl(url)
      throw error
    }
  }

  /** The oldest go back to where they were before somebody asked for them. */
  #makeRoom(): void {
    let bytes = 0
    for (const entry of [...this.#entries.values()].reverse()) {
      bytes += entry.whole?.size ?? 0
      if (entry.whole !== undefined && bytes > MOST_BYTES) this.#empty(entry)
    }
  }

  #entry(key: Key): Entry {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const entry: Entry = { key, state: createStore<MediaState>({ kind: 'waiting' }), urls: [] }
    this.#entries.set(key, entry)
    return entry
  }

  #forget(key: Key): void {
    const entry = this.#entries.get(key)
    this.#entries.delete(key)
    if (entry === undefined) return
    entry.loading?.abort()
    this.#empty(entry)
  }

  #empty(entry: Entry): void {
    for (const url of entry.urls) this.#options.ports.revokeUrl(url)
    entry.urls = []
    entry.whole = undefined
    entry.state.set({ kind: 'waiting' })
  }
}

/** Also the pictures of previews. */
function filesOf({ attachments, previews }: MessageView): readonly AttachmentView[] {
  return previews.length === 0 ? attachments : [...attachments, ...previews.flatMap(({ image }) => image ?? [])]
}

class NotShown extends Error {
  readonly code: 'notImage' | 'tooLarge'
  constructor(code: NotShown['code']) {
    super(code)
    this.code = code
  }
}

function whyOf(error: unknown): MediaFailure {
  const code = failureCode(error)
  switch (code) {
    case 'notImage':
    case 'tooLarge':
      return code
    case 'files_unavailable':
      return 'noPlace'
    case 'file_gone':
    case 'unknown_message':
      return 'gone'
    case 'file_too_large':
    case 'file_format':
    case 'not_encrypted':
    case 'open_failed':
      return 'wrong'
    default:
      return 'unreachable'
  }
}

function keyOf(message: MessageId, index: number): Key {
  return `${message} ${index}`
}
