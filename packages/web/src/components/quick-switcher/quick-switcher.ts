/** View model of the quick switcher: what was typed, which chats fit, and which one is chosen. */
import type { Client, ConversationId, ConversationSummary } from '@starling/client'
import { plainLine } from '../../format/hostile-text.ts'
import { createStore, type Snapshots } from '../../state/store.ts'
import { conversationName } from '../conversation/status-text.ts'
import { fold, fuzzyScore } from './fuzzy.ts'

export type SwitcherView = {
  readonly query: string
  /** Best first; at most `MOST_RESULTS`. Without a query: those with the latest activity. */
  readonly found: readonly ConversationSummary[]
  /** Place among `found`; 0 if there is none. */
  readonly chosen: number
}

export interface SwitcherModel extends Snapshots<SwitcherView> {
  setQuery(query: string): void
  /** By one or more, round the ends. */
  move(by: number): void
  choose(place: number): void
  /** The conversation that is chosen. */
  readonly answer: ConversationId | undefined
}

/** More cannot be looked through; another letter makes fewer of them. */
const MOST_RESULTS = 30

/** Over the chats and requests as they are now: what arrives while it is open does not move its rows. */
export function createSwitcher(client: Pick<Client, 'conversations'>): SwitcherModel {
  const all = client.conversations.snapshot
    .filter(({ blocked }) => !blocked)
    .toSorted((a, b) => b.lastActivity - a.lastActivity)
    .map((summary) => ({ summary, names: namesOf(summary) }))
  const search = (query: string) => find(all, fold(query))
  const store = createStore<SwitcherView>({ query: '', found: search(''), chosen: 0 })
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    setQuery: (query) => store.set({ query, found: search(query), chosen: 0 }),
    move: (by) =>
      store.update((view) => {
        const count = view.found.length
        return count === 0 ? view : { ...view, chosen: (((view.chosen + by) % count) + count) % count }
      }),
    choose: (chosen) => store.update((view) => ({ ...view, chosen })),
    get answer() {
      return store.snapshot.found[store.snapshot.chosen]?.id
    },
  }
}

type Candidate = { readonly summary: ConversationSummary; readonly names: readonly string[] }

function namesOf(summary: ConversationSummary): readonly string[] {
  const names = [conversationName(summary), summary.profileName, summary.nickname]
  return [...new Set(names.flatMap((name) => (name === undefined ? [] : [fold(plainLine(name))])))]
}

function find(all: readonly Candidate[], wanted: string): readonly ConversationSummary[] {
  const scored = all.flatMap(({ summary, names }) => {
    const scores = names.flatMap((name) => fuzzyScore(name, wanted) ?? [])
    return scores.length === 0 ? [] : [{ summary, score: wanted === '' ? 0 : Math.max(...scores) }]
  })
  // Sorting keeps the order of what fits alike: the latest first.
  return scored
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MOST_RESULTS)
    .map(({ summary }) => summary)
}
