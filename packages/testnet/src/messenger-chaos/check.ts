/** Whether every device shows what it must. */
import type { ConversationSummary, MessageView } from '@starling/client'
import { type AccountId, MAX_UNIX_MILLIS, parseOwner } from '@starling/protocol'
import { expect } from 'expect'
import type { TestNet } from '../test-net.ts'
import { type Entry, type Shown, shownIn, type Thread } from './expected.ts'
import type { Foreigners } from './foreigners.ts'
import { DEVICES, type Device, type Household, personOf } from './household.ts'
import type { Newcomers } from './newcomers.ts'
import type { People } from './people.ts'
import { LAST_WORD, type Stranger } from './stranger.ts'

/** Devices keep the newest of each stranger, and some of the rest. docs/protocol/conversations.md §4. */
const MOST_OF_STRANGER = 100

export type Chaos = {
  readonly house: Household
  readonly people: People
  readonly foreigners: Foreigners
  readonly newcomers: Newcomers
  readonly stranger: Stranger
}

/** `isOver`: the time of all messages that disappear has passed. */
export async function checkAll(chaos: Chaos, { isOver }: { readonly isOver: boolean }): Promise<void> {
  for (const device of DEVICES) {
    await checkThread(chaos, device, { thread: 'pair', isOver })
    if (device !== 'bob') {
      await checkThread(chaos, device, { thread: 'note', isOver })
      await checkCarol(chaos, device)
      await checkStranger(chaos, device)
    }
    await checkLists(chaos, device)
  }
  await checkAgreement(chaos)
}

/** Nobody is left with anything that waits, and the first state after that is *stored*. */
export async function checkSent({ house }: Chaos): Promise<void> {
  for (const device of DEVICES) {
    const waiting = (await house.devices[device].messages()).filter(
      ({ delivery }) => delivery?.kind === 'queued' || delivery?.kind === 'failed',
    )
    expect({ device, waiting }).toEqual({ device, waiting: [] })
  }
}

/** Each side learned that the other has read what it has, on all devices. */
export async function checkReceipts({ house, people }: Chaos): Promise<void> {
  for (const device of DEVICES) {
    const views = new Map(
      (await house.shown(device, house.pairOf(device))).map((view) => [nameOf(people, view), view.delivery?.kind]),
    )
    for (const entry of people.entries) {
      const isOwn = entry.author === personOf(device)
      if (!isOwn || entry.thread === 'note' || entry.isNotice || entry.isDoubtful || entry.isUnsent) continue
      if (entry.at(device)?.deleted !== false || entry.goneAt.has('bob') || entry.goneAt.size > 0) continue
      if (entry.passedBy.size > 0) continue
      expect({ device, name: entry.name, kind: views.get(entry.name) }).toEqual({
        device,
        name: entry.name,
        kind: 'read',
      })
    }
  }
}

/** Each person has the other's latest name and picture. */
export function checkProfiles(house: Household): void {
  for (const [one, other] of [
    ['phone', 'bob'],
    ['tablet', 'bob'],
    ['bob', 'phone'],
  ] as const) {
    const { profileName, picture } = house.summary(one, house.pairOf(one)) ?? {}
    const state = house.devices[other].api.session.snapshot
    expect(state.kind === 'ready' && [state.account.displayName, state.account.picture]).toEqual([profileName, picture])
  }
}

/** Nothing was ever stored for them. */
export function checkSilence({ net, stranger }: Household): void {
  const owner = parseOwner(stranger.accountId)
  for (const { disk } of net.nodes) expect(disk.tables.messages.get(owner)?.size ?? 0).toBe(0)
}

/** All that is stored for these accounts, in any namespace. */
export function storedHashes(net: TestNet, accounts: readonly AccountId[]): Set<string> {
  const owners = accounts.map((account) => parseOwner(account))
  return new Set(
    net.nodes.flatMap(({ disk }) => owners.flatMap((owner) => [...(disk.tables.messages.get(owner)?.keys() ?? [])])),
  )
}

async function checkThread(
  { house, people }: Chaos,
  device: Device,
  { thread, isOver }: { readonly thread: Thread; readonly isOver: boolean },
): Promise<void> {
  const id = thread === 'note' ? house.ids.alice : house.pairOf(device)
  const views = await house.shown(device, id)
  const entries = people.entries.filter((entry) => entry.thread === thread)
  const doubtful = new Set(entries.filter((entry) => entry.isDoubtful).map(({ name }) => name))
  const saved = views.filter(isSaved)
  const actual = views
    .filter((view) => !isSaved(view))
    .map((view) => shownIn(view, (account) => people.personOf(account)))
  const expected = entries
    .toSorted(byPlace(personOf(device)))
    .map((entry) => entry.at(device, { isOver }))
    .filter((shown) => shown !== undefined)
  // What was taken back is gone from the swarm: a device that was away does not get even the place.
  const isSure = ({ name, deleted }: Shown) => !doubtful.has(name) && !deleted
  expect({ device, thread, shown: actual.filter(isSure) }).toEqual({ device, thread, shown: expected.filter(isSure) })
  const known = new Map(expected.map((shown) => [shown.name, shown]))
  for (const shown of actual.filter((other) => !isSure(other))) expect(shown).toEqual(known.get(shown.name))
  checkQuotes(views)
  if (thread === 'note') return
  checkUnread({ house, people }, device, { isOver })
  const other = personOf(device) === 'alice' ? 'bob' : 'alice'
  if (!isOver) expect({ device, saved: saved.length }).toEqual({ device, saved: people.saved[other] })
}

function checkUnread(
  { house, people }: Pick<Chaos, 'house' | 'people'>,
  device: Device,
  { isOver }: { readonly isOver: boolean },
): void {
  const self = personOf(device)
  const upTo = people.readUpTo[self]
  const incoming = people.entries.filter(
    ({ thread, author, isNotice }) => thread === 'pair' && author !== self && !isNotice,
  )
  if (upTo === 'doubtful' || incoming.some(({ isDoubtful }) => isDoubtful)) return
  const unread = incoming.filter((entry) => entry.sentAt > upTo && entry.at(device, { isOver })?.deleted === false)
  const counted = house.summary(device, house.pairOf(device))?.unread
  expect({ device, unread: counted }).toEqual({ device, unread: unread.length })
}

function checkQuotes(views: readonly MessageView[]): void {
  const whole = new Set(views.filter(({ deleted }) => !deleted).map(({ author, sentAt }) => `${author} ${sentAt}`))
  for (const { quote } of views) {
    if (quote === undefined) continue
    expect(quote.state).toBe(whole.has(`${quote.author} ${quote.ref.sentAt}`) ? 'found' : 'missing')
  }
}

/** By time; incoming first, where two times are the same. */
function byPlace(self: string): (a: Entry, b: Entry) => number {
  return (a, b) => a.sentAt - b.sentAt || Number(a.author === self) - Number(b.author === self)
}

async function checkCarol({ house, people, foreigners }: Chaos, device: Device): Promise<void> {
  const views = await house.shown(device, house.carol.accountId)
  const actual = views.map((view) => ({
    name: nameOf(people, view),
    body: view.body,
    deleted: view.deleted,
    reactions: shownIn(view, (account) => people.personOf(account)).reactions,
    ...(view.delivery?.kind === 'read' && { isRead: true }),
  }))
  const expected = [...foreigners.lines].map(([name, line]) => ({ name, deleted: undefined, ...line }))
  const here = new Set(actual.map(({ name }) => name))
  const isDue = ({ name, deleted }: (typeof expected)[number]) => !deleted || here.has(name)
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
  const lines = expected.filter(isDue).toSorted(byName)
  expect({ device, lines: actual.toSorted(byName) }).toEqual({ device, lines })
  const state = house.devices[device].api.session.snapshot
  expect(state.kind === 'ready' && (state.account.newerMessages ?? 0)).toBe(foreigners.newer)
}

/** Whatever they send stays in their own conversation, once, and looks like theirs. */
async function checkStranger({ house, stranger }: Chaos, device: Device): Promise<void> {
  const views = await house.shown(device, house.stranger.accountId)
  for (const view of views) {
    expect(view.author).toBe(house.stranger.accountId)
    expect(view.sentAt).toBeLessThanOrEqual(MAX_UNIX_MILLIS)
    expect(view.reactions).toEqual([])
    if (view.body.kind === 'text') {
      expect(view.body.text).not.toContain('never shown')
      expect([...view.body.text].length).toBeLessThanOrEqual(2000)
    }
  }
  expect(new Set(views.map(({ sentAt }) => sentAt)).size).toBe(views.length)
  const isHeard = views.some(({ body }) => body.kind === 'text' && body.text === LAST_WORD)
  expect({ device, isHeard }).toEqual({ device, isHeard: !stranger.isBlocked })
  const summary = house.summary(device, house.stranger.accountId)
  if (summary === undefined) return
  expect(summary).toMatchObject({ kind: 'request', typing: false, pinned: false })
  expect([...(summary.profileName ?? '')].length).toBeLessThanOrEqual(100)
  expect(summary.lastActivity).toBeLessThanOrEqual(house.net.clock.now())
}

/** What is listed and found is what is shown. */
async function checkLists({ house }: Chaos, device: Device): Promise<void> {
  const { api } = house.devices[device]
  const shown = new Set<string>()
  for (const { id, unread, last } of api.conversations.snapshot) {
    const views = await inOrder(house, device, id)
    expect(last?.sentAt).toBe(views.at(-1)?.sentAt)
    const incoming = views.filter(({ direction, deleted }) => direction === 'incoming' && !deleted)
    expect(unread).toBeLessThanOrEqual(incoming.length)
    for (const { id: message, body } of views) {
      if (body.kind === 'text' && /\bword\b/.test(body.text)) shown.add(message)
    }
  }
  const found: string[] = []
  for (let before: MessageView['id'] | undefined; ; ) {
    const hits = await api.search('word', { limit: 200, ...(before && { before }) })
    found.push(...hits.map(({ message }) => message.id))
    before = hits.at(-1)?.message.id
    if (hits.length < 200 || before === undefined) break
  }
  expect(found.length).toBe(new Set(found).size)
  expect(new Set(found)).toEqual(shown)
}

/** As the window of the conversation has them. */
async function inOrder(
  house: Household,
  device: Device,
  id: ConversationSummary['id'],
): Promise<readonly MessageView[]> {
  await using history = await house.devices[device].api.history(id)
  await history.jumpToLatest()
  const { messages } = history.state.snapshot
  const times = messages.map(({ sentAt }) => sentAt)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  return house.devices[device].history(id)
}

/** Both devices of Alice's are the same account. */
async function checkAgreement({ house, newcomers, stranger }: Chaos): Promise<void> {
  const { phone, tablet, bob } = house.devices
  const profile = ({ api }: typeof phone) => {
    const state = api.session.snapshot
    return state.kind === 'ready' && { ...state.account, phraseConfirmed: undefined }
  }
  expect(profile(tablet)).toEqual(profile(phone))
  // Each device counts what it has: of what was deleted there alone it knows nothing any more.
  const summaries = ({ api }: typeof phone) =>
    api.conversations.snapshot
      .filter(({ id }) => id !== (house.stranger.accountId as string) && !newcomers.isOne(id))
      .map(({ draft: _, lastActivity: __, unread: ___, mentioned: ____, last: _____, ...rest }) => rest)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  expect(summaries(tablet)).toEqual(summaries(phone))
  for (const { typing } of [...phone.api.conversations.snapshot, ...bob.api.conversations.snapshot])
    expect(typing).toBe(false)
  // Who is blocked before they are heard has no conversation.
  const blocked = (device: Device) => house.summary(device, house.stranger.accountId)?.blocked ?? stranger.isBlocked
  expect([blocked('phone'), blocked('tablet')]).toEqual([stranger.isBlocked, stranger.isBlocked])
  if (stranger.isBlocked) return
  const ofStranger = async (device: Device) =>
    (await house.shown(device, house.stranger.accountId)).slice(-MOST_OF_STRANGER).map(({ sentAt, body }) => ({
      sentAt,
      body: stranger.doubled.has(sentAt) ? 'either' : body,
    }))
  expect(await ofStranger('tablet')).toEqual(await ofStranger('phone'))
}

function isSaved({ body }: MessageView): boolean {
  return body.kind === 'notice' && body.notice.kind === 'mediaSaved'
}

function nameOf(people: People, { author, sentAt }: MessageView): string {
  return `${people.personOf(author)} ${sentAt}`
}
