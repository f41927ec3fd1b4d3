/** View model of the search: what is looked for and where, what was found, and which hit is shown. */
import type { Client, ConversationId, ConversationSummary, MessageId, SearchHit } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'

/** Hits of one chat, the newest first; chats in the order of their newest hit. */
export type HitGroup = { readonly summary: ConversationSummary; readonly hits: readonly SearchHit[] }

export type SearchView = {
  readonly query: string
  /** `undefined`: everywhere. */
  readonly within: ConversationId | undefined
  readonly state: 'idle' | 'searching' | 'done' | 'failed'
  readonly groups: readonly HitGroup[]
  readonly count: number
  /** There are older ones. */
  readonly hasMore: boolean
  /** The hit that is shown, in the order of `groups`; -1: none yet. */
  readonly at: number
  readonly current: SearchHit | undefined
}

export interface SearchModel extends Snapshots<SearchView> {
  setQuery(query: string): Promise<void>
  setWithin(within: ConversationId | undefined): Promise<void>
  /** Shows the next (1) or previous (-1) hit, round the ends; what is to be jumped to. */
  step(by: 1 | -1): SearchHit | undefined
  choose(hit: SearchHit): void
  /** Older ones as well. */
  more(): Promise<void>
  retry(): Promise<void>
}

export type SearchClient = Pick<Client, 'search' | 'conversations'>

/** Hits of one step: as many as somebody looks through. */
export const HITS_A_PAGE = 50

type Found = { readonly hits: readonly SearchHit[]; readonly hasMore: boolean }
const NOTHING: Found = { hits: [], hasMore: false }

export function createSearch(client: SearchClient): SearchModel {
  let query = ''
  let within: ConversationId | undefined
  let state: SearchView['state'] = 'idle'
  let found = NOTHING
  /** By its ID: older hits of the same chat come in between. */
  let shown: MessageId | undefined
  /** The answer to what was typed before is of no interest. */
  let asking: AbortController | undefined
  const view = (): SearchView => {
    const groups = groupHits(found.hits, client.conversations.snapshot)
    const inOrder = groups.flatMap(({ hits }) => hits)
    const at = inOrder.findIndex(({ message }) => message.id === shown)
    return { query, within, state, groups, count: inOrder.length, hasMore: found.hasMore, at, current: inOrder[at] }
  }
  const store = createStore(view())
  const show = (): void => store.set(view())

  const ask = async (before: readonly SearchHit[]): Promise<void> => {
    asking?.abort()
    const own = new AbortController()
    asking = own
    const last = before.at(-1)
    const options = {
      limit: HITS_A_PAGE,
      signal: own.signal,
      ...(within === undefined ? {} : { conversation: within }),
    }
    try {
      const hits = await client.search(query, last === undefined ? options : { ...options, before: last.message.id })
      if (own.signal.aborted) return
      found = { hits: [...before, ...hits], hasMore: hits.length === HITS_A_PAGE }
      state = 'done'
    } catch {
      if (own.signal.aborted) return
      state = 'failed' // said, with a way to try again
    }
    show()
  }
  const begin = async (): Promise<void> => {
    shown = undefined
    if (query.trim() === '') {
      asking?.abort()
      found = NOTHING
      state = 'idle'
      show()
      return
    }
    state = 'searching'
    show()
    await ask([])
  }

  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    setQuery(next) {
      query = next
      return begin()
    },
    setWithin(next) {
      within = next
      return begin()
    },
    step(by) {
      const { groups, count, at } = store.snapshot
      if (count === 0) return undefined
      const next = at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count
      shown = groups.flatMap(({ hits }) => hits)[next]?.message.id
      show()
      return store.snapshot.current
    },
    choose(hit) {
      shown = hit.message.id
      show()
    },
    more: () => ask(found.hits),
    retry: begin,
  }
}

/** Hits of chats that are gone, or of somebody blocked, are of no use. */
function groupHits(hits: readonly SearchHit[], conversations: readonly ConversationSummary[]): HitGroup[] {
  const groups = new Map<ConversationId, SearchHit[]>()
  for (const hit of hits) {
    const { conversation } = hit.message
    groups.set(conversation, [...(groups.get(conversation) ?? []), hit])
  }
  return [...groups].flatMap(([id, ofChat]) => {
    const summary = conversations.find((each) => each.id === id)
    return summary === undefined ? [] : [{ summary, hits: ofChat }]
  })
}

/** A piece of a snippet; `isMatch`: it is to be marked. */
export type SnippetPart = { readonly text: string; readonly isMatch: boolean }

export function snippetParts({ snippet, matches }: Pick<SearchHit, 'snippet' | 'matches'>): readonly SnippetPart[] {
  const parts: SnippetPart[] = []
  let end = 0
  for (const match of matches) {
    if (match.start > end) parts.push({ text: snippet.slice(end, match.start), isMatch: false })
    parts.push({ text: snippet.slice(match.start, match.end), isMatch: true })
    end = match.end
  }
  return end < snippet.length ? [...parts, { text: snippet.slice(end), isMatch: false }] : parts
}
