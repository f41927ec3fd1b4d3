/**
 * An account whose owner uses another program, or is hostile: it writes whatever it likes, with a key of its own, and puts
 * it into swarms itself. It never reads.
 */
import {
  type AccountId,
  type AccountKeys,
  accountIdKey,
  buildContent,
  concatBytes,
  createAccountSeed,
  days,
  deriveAccountKeys,
  encodeContent,
  type Millis,
  millis,
  type OutgoingContent,
  parseOwner,
  parseRecoveryPhrase,
  toBase64,
  type UnixMillis,
  unixMillis,
  utf8,
} from '@starling/protocol'
import type { TestNet } from '../test-net.ts'

const PADDED_TO = 160
const NONCE_SIZE = 24
/** The clock is wrong, or the swarm is another one: it may be right later. */
const AGAIN: ReadonlySet<number> = new Set([406, 421])

type Writing = {
  readonly to: AccountId
  readonly at?: number
  /** What stands outside of the seal; the same, unless told. */
  readonly outsideAt?: number
  readonly name?: string
  readonly syncTarget?: AccountId
  readonly expiration?: { readonly mode: 'afterRead' | 'afterSend'; readonly seconds: number }
  /** Appended to the content: fields of a later version, or rubbish. */
  readonly extra?: Uint8Array
}

type Letter = { readonly owner: AccountId; readonly data: Uint8Array; readonly ttl: Millis }

export class ForeignAccount {
  readonly keys: AccountKeys
  readonly #net: TestNet
  readonly #unsent = new Set<Letter>()
  #last = 0

  static create(net: TestNet): ForeignAccount {
    return new ForeignAccount(net, deriveAccountKeys(net.crypto, createAccountSeed(net.random)))
  }

  /** Another program on another machine of somebody who has an account here. */
  static ofPhrase(net: TestNet, phrase: string): ForeignAccount {
    return new ForeignAccount(net, deriveAccountKeys(net.crypto, parseRecoveryPhrase(phrase)))
  }

  private constructor(net: TestNet, keys: AccountKeys) {
    this.#net = net
    this.keys = keys
  }

  get accountId(): AccountId {
    return this.keys.accountId
  }

  /** A time of its own, which it has not used yet. */
  now(): UnixMillis {
    this.#last = Math.max(this.#last + 1, this.#net.clock.now())
    return unixMillis(this.#last)
  }

  /** Builds, seals and stores; the time of the message. */
  async say(draft: OutgoingContent, writing: Writing): Promise<UnixMillis> {
    const { at = this.now(), name, expiration, syncTarget } = writing
    const timestamp = at as UnixMillis
    const profile =
      name === undefined ? {} : { profile: { name: name as never, updatedSeconds: Math.floor(at / 1000) } }
    const content = buildContent(draft, { timestamp, expiration, ...profile, syncTarget })
    await this.write(encodeContent(content), { ...writing, at })
    return timestamp
  }

  /** Stores these bytes of a content, whatever they are. */
  async write(content: Uint8Array, writing: Writing): Promise<UnixMillis> {
    const { at = this.now(), outsideAt = at, to, extra = new Uint8Array() } = writing
    const sealed = this.#seal(to, concatBytes(content, extra))
    await this.store(to, wrapped(sealed, outsideAt))
    return at as UnixMillis
  }

  /** Puts bytes into the account's swarm, with every member that is there; with what nobody has taken so far. */
  async store(owner: AccountId, data: Uint8Array, ttl: Millis = days(1)): Promise<void> {
    this.#unsent.add({ owner, data, ttl })
    await this.retry()
  }

  /** Whatever no member could take yet: full disks, wrong clocks and empty swarms are over some day. */
  async retry(): Promise<void> {
    for (const letter of this.#unsent) this.#offer(letter)
    await this.#net.advance(millis(50))
  }

  #offer(letter: Letter): void {
    const { owner, data, ttl } = letter
    const params = { pubkey: owner, timestamp: this.#net.clock.now(), ttl, data: toBase64(data), namespace: 0 }
    const body = utf8(JSON.stringify({ method: 'store', params }))
    const signal = new AbortController().signal
    const note = ({ status }: { readonly status: number }) => {
      if (status < 500 && !AGAIN.has(status)) this.#unsent.delete(letter)
    }
    for (const { node } of this.#net.swarmOf(owner)) {
      void node?.answer({ kind: 'rpc', body }, signal).then(note, () => {})
    }
  }

  /** As docs/protocol/envelope.md §3 and §4 say. */
  #seal(to: AccountId, content: Uint8Array): Uint8Array {
    const { crypto, random } = this.#net
    const { publicKey, secretKey } = this.keys.signing
    const size = Math.ceil((content.length + 2) / PADDED_TO) * PADDED_TO
    const padded = concatBytes(content, Uint8Array.of(0x80), new Uint8Array(size - content.length - 1))
    const theirs = accountIdKey(to)
    const signature = secretKey.use((key) => crypto.ed25519Sign(key, concatBytes(padded, publicKey, theirs)))
    const ephemeral = crypto.x25519KeyPair(random(32))
    const nonce = crypto.blake2b(NONCE_SIZE, concatBytes(ephemeral.publicKey, theirs))
    const inner = concatBytes(padded, publicKey, signature)
    return concatBytes(ephemeral.publicKey, crypto.boxSeal(inner, nonce, theirs, ephemeral.secretKey))
  }
}

/** All that members keep for an account as messages, once each. */
export function storedFor(net: TestNet, account: AccountId): readonly Uint8Array[] {
  const all = new Map<string, Uint8Array>()
  for (const { disk } of net.nodes) {
    for (const [hash, message] of disk.tables.messages.get(parseOwner(account)) ?? []) {
      if (message.namespace === 0) all.set(hash, message.data)
    }
  }
  return [...all.values()]
}

/** The same sealed words with another outside, as a storage node can make it: another message hash. */
export function rewrapped(stored: Uint8Array, random: (length: number) => Uint8Array): Uint8Array {
  // Fields of a WebSocketMessage that nobody reads.
  return concatBytes(stored, bytesField(100, random(8)))
}

function wrapped(sealed: Uint8Array, timestamp: number): Uint8Array {
  const envelope = concatBytes(numberField(1, 6), numberField(5, timestamp), numberField(7, 1), bytesField(8, sealed))
  const request = concatBytes(
    bytesField(1, new Uint8Array()),
    bytesField(2, new Uint8Array()),
    bytesField(3, envelope),
    numberField(4, 0),
  )
  return concatBytes(numberField(1, 1), bytesField(2, request))
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Uint8Array.from([...bytes, Number(rest)])
}

export function numberField(number: number, value: number): Uint8Array {
  return concatBytes(varint(number * 8), varint(value))
}

export function bytesField(number: number, value: Uint8Array): Uint8Array {
  return concatBytes(varint(number * 8 + 2), varint(value.length), value)
}
