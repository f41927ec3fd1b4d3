/** Whether every promise was kept, by a look onto the disks of all nodes. */
import type { FixtureNode } from '@starling/node/testing'
import type { MessageHash } from '@starling/protocol'
import { expect } from 'expect'
import type { Person } from './person.ts'
import type { StorageChaos } from './storage-chaos.ts'

export async function check(chaos: StorageChaos): Promise<void> {
  const honest = chaos.fixture.nodes.filter((node) => node !== chaos.liar?.node)
  for (const node of honest) expect(node.log.text()).not.toContain('node.task_failed')
  for (const person of chaos.people) {
    const members = chaos.membersOf(person)
    for (const node of honest) {
      if (members.includes(node)) await checkMember(person, node)
      else expect({ node: node.index, holds: itemsOf(person, node) }).toEqual({ node: node.index, holds: [] })
    }
    const [first, ...others] = members.filter((node) => honest.includes(node))
    for (const other of others) {
      expect(itemsOf(person, other)).toEqual(itemsOf(person, first!))
      expect(expiriesOf(person, other)).toEqual(expiriesOf(person, first!))
    }
  }
}

async function checkMember(person: Person, node: FixtureNode): Promise<void> {
  const held = node.disk.tables.messages.get(person.owner) ?? new Map()
  const entries = [...person.ledger.entries.values()]
  const where = { node: node.index, owner: person.account.owner.slice(0, 6) }
  const lost = entries.filter(({ hash, state }) => state === 'stored' && !held.has(hash)).map(({ text }) => text)
  const undead = entries.filter(({ hash, state }) => state === 'deleted' && held.has(hash)).map(({ text }) => text)
  const foreign = [...held.keys()].filter((hash: MessageHash) => !person.ledger.entries.has(hash))
  expect({ ...where, lost, undead, foreign }).toEqual({ ...where, lost: [], undead: [], foreign: [] })
  const late = entries.filter(({ hash, expiry }) => expiry !== undefined && held.get(hash)?.expiry !== expiry)
  expect({ ...where, late: late.map(({ text }) => text) }).toEqual({ ...where, late: [] })
  const { revoked } = person.ledger
  const tokens = await node.store.revokedTokens(person.owner)
  if (revoked !== undefined) expect({ ...where, revoked: tokens.size > 0 }).toEqual({ ...where, revoked })
  await checkAnswer(person, node)
}

/** A client gets each message once. */
async function checkAnswer(person: Person, node: FixtureNode): Promise<void> {
  for (const namespace of [0, 2]) {
    const params = person.account.retrieve(node.clock.now(), namespace === 0 ? {} : { namespace })
    const { status, body } = await node.ask('retrieve', params)
    expect(status).toBe(200)
    const texts = body.messages.map(({ data }: { data: string }) => Buffer.from(data, 'base64').toString())
    expect(new Set(texts).size).toBe(texts.length)
    const stored = [...person.ledger.entries.values()].filter((entry) => entry.namespace === namespace)
    const promised = stored.filter(({ state }) => state === 'stored').map(({ text }) => text)
    expect(texts).toEqual(expect.arrayContaining(promised))
  }
}

/** IDs of all messages and records, sorted. */
function itemsOf({ owner }: Person, { disk }: FixtureNode): readonly string[] {
  const { messages, records } = disk.tables
  return [...(messages.get(owner)?.keys() ?? []), ...(records.get(owner)?.keys() ?? [])].toSorted(byText)
}

/** When messages expire: those that were stored once, for it is a hint alone that brings another store of the same. */
function expiriesOf({ owner, ledger }: Person, { disk }: FixtureNode): readonly string[] {
  const held = [...(disk.tables.messages.get(owner)?.values() ?? [])]
  const once = held.filter(({ hash }) => ledger.entries.get(hash)?.isRepeated === false)
  return once.map(({ hash, expiry }) => `${hash} ${expiry}`).toSorted(byText)
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1
}
