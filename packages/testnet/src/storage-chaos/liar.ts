/** A node that answers other members with lies, and pushes what it makes up, what it replays and what is garbage. */
import type { Fate, Fixture, FixtureNode } from '@starling/node/testing'
import {
  FrameKind,
  parseNamespace,
  type RandomBytes,
  type TransferItem,
  transferRequest,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { pick, randomInteger } from '@starling/runtime'
import type { Person } from './person.ts'

const NEVER = new AbortController().signal
const ABOUT_STORAGE: readonly number[] = [FrameKind.digests, FrameKind.list, FrameKind.fetch, FrameKind.offer]

export class Liar {
  readonly node: FixtureNode
  readonly #fixture: Fixture
  readonly #people: readonly Person[]
  readonly #random: RandomBytes

  constructor(fixture: Fixture, node: FixtureNode, people: readonly Person[], random: RandomBytes) {
    this.#fixture = fixture
    this.node = node
    this.#people = people
    this.#random = random
  }

  /** What it answers instead of the truth, now and then; forwards it carries out, or its acknowledgements would be lies. */
  answer(to: FixtureNode, kind: number): Fate {
    if (to !== this.node || !ABOUT_STORAGE.includes(kind) || randomInteger(this.#random, 2) === 0) return undefined
    return { status: 200, body: this.#random(randomInteger(this.#random, 60)) }
  }

  async misbehave(): Promise<void> {
    const victim = pick(
      this.#random,
      this.#fixture.nodes.filter((node) => node !== this.node && node.isUp),
    )
    const person = pick(this.#random, this.#people)!
    if (!victim) return
    const payload = transferRequest.encode({
      version: 2,
      items: [...this.#replays(person), ...this.#fabrications(person)],
    })
    const pushing = [
      victim.node.answerPeer(this.node.nodeId, FrameKind.transfer, payload, NEVER),
      ...[...ABOUT_STORAGE, FrameKind.transfer, FrameKind.forward].map((kind) =>
        victim.node.answerPeer(this.node.nodeId, kind, this.#random(40), NEVER),
      ),
    ]
    void Promise.all(pushing).catch(() => undefined) // the victim may die meanwhile
    await this.#fixture.clock.advance(10 as never)
  }

  /** All that its own disk ever had, under the times that it has there: deleted ones too, as long as it does not know. */
  #replays(person: Person): TransferItem[] {
    const held = [...(this.node.disk.tables.messages.get(person.owner)?.values() ?? [])]
    // Private ones under a new time as well, as if they had been stored again.
    const late = { storedAt: this.#fixture.clock.now() }
    const old = held.filter(({ namespace, storedAt }) => namespace !== 0 && late.storedAt - storedAt > 200_000)
    return [
      ...held.map((message): TransferItem => ({ ...message, kind: 'message' })),
      ...old.map((message): TransferItem => ({ ...message, ...late, kind: 'message' })),
    ]
  }

  #fabrications(person: Person): TransferItem[] {
    const now = this.#fixture.clock.now()
    const message: TransferItem = {
      kind: 'message',
      owner: person.owner,
      namespace: parseNamespace(2),
      timestamp: now,
      expiry: unixMillis(now + 86_400_000),
      storedAt: now,
      authorisation: new Uint8Array(),
      data: utf8('made up'),
    }
    const records = [...(this.node.disk.tables.records.get(person.owner)?.values() ?? [])]
    const old = records.filter(({ change, at }) => change.kind === 'deleteAll' && now - at > 200_000)
    const redated = old.map(({ request }): TransferItem => ({ kind: 'record', at: now, request }))
    return [message, { ...message, authorisation: utf8('de') }, ...redated]
  }
}
