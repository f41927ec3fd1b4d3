/**
 * View model of the composer: what is written, the files that go with it, and the people that `@` may mean. Invariant: what
 * was not taken by `send` comes back, before what was written meanwhile.
 */
import { createStore, type Snapshots } from '../../state/store.ts'
import type { Uploading } from '../conversation/upload-files.ts'
import { createDraft, type Schedule } from './draft.ts'
import {
  findMentionable,
  type Mentionable,
  type MentionQuery,
  mentionAt,
  takeMention,
  withAccounts,
} from './mention.ts'
import { type MessageLength, messageLength, outgoingText } from './message-limit.ts'
import {
  type ChosenFile,
  type CleanImage,
  type Staged,
  type StagedFile,
  stageFiles,
  unstageFile,
} from './staged-files.ts'

/** A message that is handed over, with the word that it is not wanted any more. */
export type Written = { readonly text: string; readonly files: readonly StagedFile[] } & Uploading

export type ComposerView = {
  readonly text: string
  readonly staged: Staged
  /** Files on their way out, and how much of them is, from 0 to 1: what is written meanwhile goes after them. */
  readonly sending: { readonly count: number; readonly part: number } | undefined
  readonly length: MessageLength
  readonly sendable: boolean
  /** These files could not be sent while nobody saw the composer. */
  readonly isUnsent: boolean
  /** People that the word at the cursor may mean, and which one is picked. */
  readonly found: readonly Mentionable[]
  readonly chosen: number
}

export interface ComposerModel extends Snapshots<ComposerView> {
  /** As the field is now. `cursor`: -1 if something is marked. */
  type(text: string, cursor: number): void
  moveCursor(cursor: number): void
  /** Who can be named with `@`. */
  setPeople(people: readonly Mentionable[]): void
  choose(place: number): void
  /** The name stands in place of the word; where the cursor goes, or `undefined`: there is no such word. */
  take(person: Mentionable | undefined): number | undefined
  /** The list of people stays closed for this `@`. */
  closeList(): void
  addFiles(files: Iterable<ChosenFile>): void
  removeFile(key: number): void
  /** Nothing happens while it is not sendable. */
  send(): Promise<void>
  /** What is on its way out comes back. */
  stopSending(): void
  /** The draft as it is saved now, whoever changed it. */
  setDraft(draft: string): void
  /** Saves the draft now. */
  flush(): void
}

export type ComposerOptions = {
  /** The draft that was saved when the chat was opened. */
  readonly draft: string
  readonly save: (draft: string) => void
  readonly schedule: Schedule
  readonly clean: CleanImage
  /** False if the message could not be kept. */
  readonly send: (written: Written) => Promise<boolean>
  /** Asked when files come back: whether somebody sees that. Always, unless told. */
  readonly isSeen?: () => boolean
}

const NO_FILES: Staged = { files: [], isFull: false }

type Writing = Pick<ComposerView, 'text' | 'staged' | 'sending' | 'chosen' | 'isUnsent'> & {
  readonly people: readonly Mentionable[]
  readonly cursor: number
  /** Where the list of people was closed. */
  readonly closedAt: number
}

export function createComposer(options: ComposerOptions): ComposerModel {
  let writing: Writing = {
    text: options.draft,
    staged: NO_FILES,
    sending: undefined,
    chosen: 0,
    isUnsent: false,
    people: [],
    cursor: 0,
    closedAt: -1,
  }
  let stop: AbortController | undefined
  const kept = createDraft({ saved: options.draft, save: options.save, schedule: options.schedule })
  const store = createStore(viewOf(writing))
  const change = (changes: Partial<Writing>) => {
    writing = { ...writing, ...changes }
    store.set(viewOf(writing))
  }
  const changeAt = (cursor: number, changes: Partial<Writing>) => {
    const next = { ...writing, ...changes, cursor }
    change({ ...next, closedAt: queryOf(next)?.start === next.closedAt ? next.closedAt : -1 })
  }

  const handOver = async (message: Pick<Written, 'text' | 'files'>): Promise<boolean> => {
    const { length: count } = message.files
    if (count === 0) return options.send(message)
    const life = new AbortController()
    stop = life
    const onProgress = (part: number): void => change({ sending: { count, part } })
    onProgress(0)
    try {
      return await options.send({ ...message, signal: life.signal, onProgress })
    } finally {
      change({ sending: undefined })
    }
  }

  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    type(text, cursor) {
      changeAt(cursor, { text, chosen: 0 })
      kept.change(text)
    },
    moveCursor(cursor) {
      if (cursor !== writing.cursor) changeAt(cursor, {})
    },
    setPeople: (people) => change({ people }),
    choose: (chosen) => change({ chosen }),
    take(person) {
      const query = queryOf(writing)
      if (query === undefined || person === undefined) return undefined
      const taken = takeMention(writing.text, query, person)
      change(taken)
      kept.change(taken.text)
      return taken.cursor
    },
    closeList: () => change({ closedAt: queryOf(writing)?.start ?? -1 }),
    addFiles: (files) => change({ staged: stageFiles(writing.staged, [...files], options.clean) }),
    removeFile: (key) => change({ staged: unstageFile(writing.staged, key) }),
    async send() {
      if (!store.snapshot.sendable) return
      const { people } = writing
      const [message, files] = [outgoingText(writing.text), writing.staged.files]
      change({ text: '', staged: NO_FILES, isUnsent: false })
      kept.clear()
      if (await handOver({ text: withAccounts(message, people), files })) return
      const text = [message, writing.text].filter((part) => part !== '').join('\n')
      const isUnsent = files.length > 0 && options.isSeen?.() === false
      change({ text, staged: { files: [...files, ...writing.staged.files], isFull: false }, isUnsent })
      kept.change(text)
      kept.flush()
    },
    stopSending: () => stop?.abort(),
    setDraft(draft) {
      if (draft === writing.text) return
      changeAt(-1, { text: draft })
      kept.change(draft)
    },
    flush: kept.flush,
  }
}

function queryOf({ people, text, cursor }: Writing): MentionQuery | undefined {
  return people.length === 0 ? undefined : mentionAt(text, cursor)
}

function viewOf(writing: Writing): ComposerView {
  const { text, staged, sending, chosen, isUnsent, people } = writing
  const length = messageLength(withAccounts(text, people))
  const query = queryOf(writing)
  return {
    text,
    staged,
    sending,
    length,
    sendable:
      sending === undefined &&
      length.kind !== 'over' &&
      (length.kind !== 'empty' || staged.files.length > 0) &&
      staged.files.every(({ isTooLarge }) => !isTooLarge),
    found: query === undefined || query.start === writing.closedAt ? [] : findMentionable(people, query.query),
    chosen,
    isUnsent,
  }
}
