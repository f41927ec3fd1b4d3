import { test } from 'node:test'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import { neighbourOf } from './neighbour.ts'

const chats = new FakeClient().conversations.snapshot.filter(({ kind }) => kind !== 'request')
const idOf = (title: string) => chats.find((chat) => chat.title === title)?.id
const titleOf = (id: string | undefined) => chats.find((chat) => chat.id === id)?.title
const from = (title: string | undefined, by: 1 | -1, unread = false) =>
  titleOf(neighbourOf(chats, title === undefined ? undefined : idOf(title), { by, unread }))

test('the next chat follows the order of the list, round its ends', () => {
  const first = chats[0]?.title
  const last = chats.at(-1)?.title
  expect([from('Wendy', 1), from('Murmuration', -1)]).toEqual(['Murmuration', 'Wendy'])
  expect([from(first, -1), from(last, 1)]).toEqual([last, first])
  expect([from(undefined, 1), from(undefined, -1)]).toEqual([first, last])
})

test('the next unread one is unread or marked so', () => {
  expect([from('Murmuration', 1, true), from('Oluwaseun', 1, true), from('Book club', 1, true)]).toEqual([
    'Oluwaseun',
    'Book club',
    'Wendy',
  ])
})

test('there may be no other chat', () => {
  expect(neighbourOf([], undefined, { by: 1, unread: false })).toBeUndefined()
  expect(neighbourOf(chats.slice(0, 1), chats[0]?.id, { by: 1, unread: false })).toBeUndefined()
  const read = chats.map((chat) => ({ ...chat, unread: 0, markedUnread: false }))
  expect(neighbourOf(read, chats[0]?.id, { by: -1, unread: true })).toBeUndefined()
})
