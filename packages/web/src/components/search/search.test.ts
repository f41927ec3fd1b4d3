import { test } from 'node:test'
import type { ConversationId, SearchHit, SearchOptions } from '@starling/client'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import { longConversation, sampleAccountId, sampleConversations } from '../../testing/sample-data.ts'
import { createSearch, HITS_A_PAGE, snippetParts } from './search.ts'

const idOf = (name: string) => sampleAccountId(name) as string as ConversationId
const textOf = (hit: SearchHit | undefined) => (hit?.message.body.kind === 'text' ? hit.message.body.text : undefined)

test('hits are grouped by chat, the chat with the newest one first', async () => {
  const search = createSearch(new FakeClient())
  await search.setQuery('it')
  const { groups, count, state } = search.snapshot
  expect(state).toBe('done')
  expect(groups.map(({ summary }) => summary.title).slice(0, 2)).toEqual(['Wendy', 'Murmuration'])
  expect(count).toBe(groups.flatMap(({ hits }) => hits).length)
  for (const { hits } of groups) {
    const times = hits.map(({ message }) => message.sentAt)
    expect(times).toEqual([...times].sort((a, b) => b - a))
  }
})

test('next and previous walk through all hits, round the ends', async () => {
  const search = createSearch(new FakeClient())
  await search.setQuery('where')
  expect(search.step(1)).toBeDefined()
  const first = textOf(search.snapshot.current)
  expect(first).toBe('Where did it wait, actually?')
  for (let step = 0; step < search.snapshot.count; step++) search.step(1)
  expect(textOf(search.snapshot.current)).toBe(first)
  search.step(-1)
  expect(search.snapshot.at).toBe(search.snapshot.count - 1)
  const [chosen] = search.snapshot.groups[0]?.hits ?? []
  search.choose(chosen!)
  expect(search.snapshot.at).toBe(0)
})

test('in one chat only that chat is searched', async () => {
  const search = createSearch(new FakeClient())
  await search.setQuery('hello')
  await search.setWithin(idOf('Jun'))
  expect(search.snapshot.count).toBe(0)
  await search.setQuery('safe')
  expect(search.snapshot.groups.map(({ summary }) => summary.title)).toEqual(['Jun'])
  await search.setWithin(undefined)
  expect(search.snapshot.within).toBeUndefined()
})

test('an empty query finds nothing, and asks nobody', async () => {
  const search = createSearch(new FakeClient({ failing: { search: 'store_unavailable' } }))
  await search.setQuery('  ')
  expect(search.snapshot).toMatchObject({ state: 'idle', count: 0, at: -1 })
  expect(search.step(1)).toBeUndefined()
  await search.setQuery('x')
  expect(search.snapshot.state).toBe('failed')
})

test('of two answers the one to what was typed last counts', async () => {
  const client = new FakeClient()
  const answers: (() => void)[] = []
  const slow = {
    conversations: client.conversations,
    search: async (query: string, options?: SearchOptions) => {
      await new Promise<void>((resolve) => answers.push(resolve))
      return client.search(query, options)
    },
  }
  const search = createSearch(slow)
  const both = [search.setQuery('chapter'), search.setQuery('safe travels')]
  answers[1]?.()
  await both[1]
  answers[0]?.()
  await both[0]
  expect(search.snapshot.groups.map(({ summary }) => summary.title)).toEqual(['Jun'])
})

test('older ones come when they are asked for, and the hit that is shown stays', async () => {
  const client = new FakeClient({ conversations: [longConversation(120), ...sampleConversations] })
  const asked: (string | undefined)[] = []
  const search = createSearch({
    conversations: client.conversations,
    search: async (query, options = {}) => {
      asked.push(options.before)
      const all = await client.search(query, { ...options, limit: 1000 })
      const from = options.before === undefined ? 0 : all.findIndex(({ message }) => message.id === options.before) + 1
      return all.slice(from, from + HITS_A_PAGE)
    },
  })
  await search.setQuery('(')
  expect(search.snapshot).toMatchObject({ count: HITS_A_PAGE, hasMore: true })
  search.step(1)
  const { current } = search.snapshot
  await search.more()
  expect(search.snapshot).toMatchObject({ count: 2 * HITS_A_PAGE, hasMore: true, current })
  await search.more()
  expect(search.snapshot).toMatchObject({ count: 120, hasMore: false })
  expect(asked[0]).toBeUndefined()
})

test('matches are parts of the snippet, and nothing of it is lost', () => {
  const snippet = '…where it waited'
  const parts = snippetParts({
    snippet,
    matches: [
      { start: 1, end: 6 },
      { start: 10, end: 14 },
    ],
  })
  expect(parts.map(({ text }) => text).join('')).toBe(snippet)
  expect(parts.filter(({ isMatch }) => isMatch).map(({ text }) => text)).toEqual(['where', 'wait'])
  expect(snippetParts({ snippet: 'x', matches: [] })).toEqual([{ text: 'x', isMatch: false }])
})
