/** An account whose owner talks to members directly, with requests signed by hand, and remembers what was promised. */
import { type Fixture, FixtureAccount, type FixtureNode } from '@starling/node/testing'
import {
  deriveMessageHash,
  type ExpireParams,
  type MessageHash,
  parseNamespace,
  parseOwner,
  toBase64,
  utf8,
} from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { Ledger } from './ledger.ts'

export const crypto = createNativeCrypto()

/** So short a life is over before the run is. */
export const SHORT_LIFE = 60_000

// biome-ignore lint/suspicious/noExplicitAny: the JSON of an answer
type Answer = { readonly status: number; readonly body: any }

export class Person {
  readonly account: FixtureAccount
  readonly owner
  readonly ledger = new Ledger()
  /** A subaccount's, whose revocation is what is tested. */
  readonly token: Uint8Array
  readonly #fixture: Fixture
  readonly #liar: FixtureNode | undefined
  #count = 0

  /** @param liar whose word does not count */
  constructor(fixture: Fixture, number: number, liar: FixtureNode | undefined) {
    this.#fixture = fixture
    this.#liar = liar
    this.account = new FixtureAccount(number)
    this.owner = parseOwner(this.account.owner)
    const key = crypto.ed25519KeyPair(new Uint8Array(32).fill(100 + number)).publicKey
    this.token = Uint8Array.from([5, 7, 0, 0, ...key])
  }

  /** Once a second the client's own idea of time is good enough; the true one serves. */
  get #now(): number {
    return this.#fixture.clock.now()
  }

  async store(member: FixtureNode, namespace: number, text = `${this.account.owner} ${this.#count++}`): Promise<void> {
    const now = this.#now
    const proof = namespace === 0 ? {} : this.account.proof(`store${namespace}${now}`)
    const answer = await this.#ask(member, 'store', this.account.store(now, text, { namespace, ...proof }))
    const hash = deriveMessageHash(crypto, this.owner, parseNamespace(namespace), utf8(text))
    this.ledger.noteStore({ hash, namespace, text }, this.#isDone(answer), now)
  }

  async storeAgain(member: FixtureNode, hash: MessageHash): Promise<void> {
    const { namespace, text } = this.ledger.entries.get(hash)!
    await this.store(member, namespace, text)
  }

  async delete(member: FixtureNode, hashes: readonly MessageHash[]): Promise<void> {
    const now = this.#now
    const params = { ...this.account.proof(`delete${hashes.join('')}`), messages: hashes }
    this.ledger.noteDeletion(hashes, this.#deletedBy(await this.#ask(member, 'delete', params)), now)
  }

  async deleteAll(member: FixtureNode, namespace: number | 'all'): Promise<void> {
    const now = this.#now
    const params = { ...this.account.proof(`delete_all${namespace || ''}${now}`), namespace, timestamp: now }
    this.ledger.noteEmptied(namespace, this.#deletedBy(await this.#ask(member, 'delete_all', params)), now)
  }

  /** @param life milliseconds: a minute at most, or longer than the run */
  async expire(member: FixtureNode, hash: MessageHash, change: ExpireParams['change'], life: number): Promise<void> {
    const now = this.#now
    const [word, expiry] = [change === 'set' ? '' : change, now + life]
    const proof = this.account.proof(`expire${word}${expiry}${hash}`)
    const params = { ...proof, messages: [hash], expiry, ...(word && { [word]: true }) }
    const updated = this.#updatedBy(await this.#ask(member, 'expire', params))
    if (change !== 'extend' && life <= SHORT_LIFE) this.ledger.noteShortened([hash], updated, now)
    else this.ledger.noteProlonged([hash], updated, now, change === 'set' ? expiry : undefined)
  }

  async expireAll(member: FixtureNode, namespace: number | 'all', life: number): Promise<void> {
    const now = this.#now
    const expiry = now + life
    const params = { ...this.account.proof(`expire_all${namespace || ''}${expiry}`), namespace, expiry }
    const updated = this.#updatedBy(await this.#ask(member, 'expire_all', params))
    if (life <= SHORT_LIFE) this.ledger.noteAllShortened(namespace, updated, now)
    else this.ledger.noteLimited(namespace, now)
  }

  async setRevoked(member: FixtureNode, isRevoked: boolean): Promise<void> {
    const now = this.#now
    const method = isRevoked ? 'revoke_subaccount' : 'unrevoke_subaccount'
    const signed = Buffer.concat([utf8(`${method}${now}`), this.token])
    const signature = toBase64(this.account.keys.signing.secretKey.use((key) => crypto.ed25519Sign(key, signed)))
    const list = { [isRevoked ? 'revoke' : 'unrevoke']: [toBase64(this.token)] }
    const params = { ...this.account.proof(''), signature, timestamp: now, ...list }
    this.ledger.noteRevocation(isRevoked, this.#isDone(await this.#ask(member, method, params)), now)
  }

  /** What the member answers; nothing, if it dies meanwhile. */
  async #ask(member: FixtureNode, method: string, params: object): Promise<Answer | undefined> {
    const asking = member.ask(method, params).catch(() => undefined)
    let answer: { readonly value: Answer | undefined } | undefined
    void asking.then((value) => {
      answer = { value }
    })
    await this.#fixture.clock.advance(10 as never)
    while (!answer) await this.#fixture.clock.advance(500 as never)
    return answer.value
  }

  /** At least one member says that it did. */
  #isDone(answer: Answer | undefined): boolean {
    return this.#entries(answer).some(({ failed }) => !failed)
  }

  /** The hashes that any member says that it deleted. */
  #deletedBy(answer: Answer | undefined): ReadonlySet<MessageHash> {
    return new Set(this.#entries(answer).flatMap(({ deleted = [] }) => Object.values(deleted).flat()))
  }

  #updatedBy(answer: Answer | undefined): ReadonlySet<MessageHash> {
    return new Set(this.#entries(answer).flatMap(({ updated = [] }) => Object.values(updated).flat()))
  }

  #entries(
    answer: Answer | undefined,
  ): readonly { readonly failed?: boolean; readonly deleted?: object; readonly updated?: object }[] {
    const entries = Object.entries<object>(answer?.status === 200 ? answer.body.swarm : {})
    return entries.filter(([nodeId]) => nodeId !== this.#liar?.nodeId).map(([, entry]) => entry)
  }
}
