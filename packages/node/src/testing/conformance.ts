/**
 * A swarm of three real nodes on memory disks, and accounts that sign by hand, for the conformance suite of the storage RPC:
 * requests go through the router in JSON or in bt-encoding, and answers of both come back in the form of JSON.
 */
import {
  type BencodeInput,
  type BencodeValue,
  concatBytes,
  decodeBencode,
  type Ed25519SecretKey,
  encodeBencode,
  fromBase64,
  fromHex,
  toBase64,
  toHex,
  utf8,
} from '@starling/protocol'
import { crypto, Fixture, FixtureAccount, type FixtureAnswer, type FixtureNode, pass } from './fixture.ts'

export type Form = 'json' | 'bt'
/** In one form only, where the other cannot say it. */
export const FORMS: readonly Form[] = ['json', 'bt']

export const HASH = 'p14QQPylA9w35o4x5k6BcPz6qnOhZYb9Kfzmfj5MTFU'
export const FLAGS = { read: 1, write: 2, delete: 4, anyPrefix: 8 } as const

const NEVER = new AbortController().signal
const HEX_KEYS = ['pubkey', 'pubKey', 'pubkey_ed25519']
const BASE64_KEYS = ['signature', 'subaccount_sig', 'data', 'subaccount', 'revoke', 'unrevoke', 'revoked_subaccounts']
const FLAG_KEYS = ['already', 'condition', 'failed', 'more', 'query_failure', 'timeout', 'bad_peer_response']

/** Three members of one swarm, and three nodes that are in another one. */
export class Swarm implements AsyncDisposable {
  readonly fixture: Fixture
  readonly members: readonly FixtureNode[]
  readonly strangers: readonly FixtureNode[]
  readonly alice = new FixtureAccount(1)

  /** The members are those of Alice's swarm. */
  static async create(): Promise<Swarm> {
    const swarms = ['0', '0', '0', '8000000000000000', '8000000000000000', '8000000000000000']
    const fixture = await Fixture.create(6, swarms)
    const { body } = await fixture.nodes[0]!.ask('get_swarm', { pubkey: new FixtureAccount(1).owner })
    const swarm = new Swarm(fixture, body.swarm === '0')
    for (const member of swarm.members) {
      const retrieve = () => swarm.ask('retrieve', swarm.alice.retrieve(swarm.now), 'json', member)
      while ((await retrieve()).status === 503) await pass(fixture, 1000) // it compares itself with the others first
    }
    return swarm
  }

  constructor(fixture: Fixture, isFirst: boolean) {
    this.fixture = fixture
    this.members = isFirst ? fixture.nodes.slice(0, 3) : fixture.nodes.slice(3)
    this.strangers = isFirst ? fixture.nodes.slice(3) : fixture.nodes.slice(0, 3)
  }

  get now(): number {
    return this.fixture.clock.now()
  }

  /** The member that clients ask unless they say otherwise. */
  get node(): FixtureNode {
    return this.members[0]!
  }

  /** As a client does. */
  async ask(method: string, params: object, form: Form = 'json', node = this.node): Promise<FixtureAnswer> {
    if (form === 'json') return this.askRaw(utf8(JSON.stringify({ method, params })), node)
    const body = encodeBencode(
      new Map<string, BencodeInput>([
        ['method', method],
        ['params', toBt(params)!],
      ]),
    )
    return this.askRaw(body, node)
  }

  async askRaw(request: Uint8Array, node = this.node): Promise<FixtureAnswer> {
    const { status, contentType, body } = await node.node.answer({ kind: 'rpc', body: request }, NEVER)
    if (contentType === 'text/plain') return { status, body: Buffer.from(body).toString() }
    if (contentType === 'application/json') return { status, body: JSON.parse(Buffer.from(body).toString()) }
    return { status, body: body[0] === 0x64 ? fromBt(decodeBencode(body)) : body }
  }

  /** The hashes of messages that Alice stored. */
  async store(texts: readonly string[], change: object = {}): Promise<string[]> {
    const hashes: string[] = []
    for (const text of texts) {
      const { status, body } = await this.ask('store', this.alice.store(this.now, text, change))
      if (status !== 200) throw new Error(String(body))
      hashes.push(body.hash)
    }
    return hashes
  }

  /** A group whose swarm is that of the members. */
  group(): Group {
    for (let seed = 50; ; seed++) {
      const group = new Group(seed)
      const { snapshot } = this.node.node.keeper.view
      if (snapshot!.isMember(this.node.nodeId, fromHex(group.owner).subarray(1))) return group
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fixture[Symbol.asyncDispose]()
  }
}

/** Keys of an account whose ID is its signing key, and of one subaccount. */
export class Group {
  readonly owner: string
  readonly member: string
  readonly #keys
  readonly #member

  constructor(seed: number) {
    this.#keys = crypto.ed25519KeyPair(new Uint8Array(32).fill(seed))
    this.#member = crypto.ed25519KeyPair(new Uint8Array(32).fill(seed + 100))
    this.owner = `03${toHex(this.#keys.publicKey)}`
    this.member = toHex(this.#member.publicKey)
  }

  /** Of text and raw bytes, one after the other. */
  sign(...parts: readonly (string | Uint8Array)[]): string {
    return signed(this.#keys.secretKey, parts)
  }

  /** `pubkey` and the owner's signature. */
  proof(...parts: readonly (string | Uint8Array)[]): { pubkey: string; signature: string } {
    return { pubkey: this.owner, signature: this.sign(...parts) }
  }

  token(flags: number, prefix = 3): Uint8Array {
    return concatBytes(Uint8Array.of(prefix, flags, 0, 0), this.#member.publicKey)
  }

  /** `pubkey`, the subaccount's token and its signature. */
  memberProof(flags: number, text: string, prefix = 3): object {
    const token = this.token(flags, prefix)
    return {
      pubkey: this.owner,
      subaccount: toBase64(token),
      subaccount_sig: this.sign(token),
      signature: signed(this.#member.secretKey, [text]),
    }
  }
}

/** Whether a member signed these bytes. */
export function isSigned(node: FixtureNode, text: string | Uint8Array, signature: string): boolean {
  const bytes = typeof text === 'string' ? utf8(text) : text
  return crypto.ed25519Verify(node.keys.publicKey, bytes, fromBase64(signature) as never)
}

function signed(key: Ed25519SecretKey, parts: readonly (string | Uint8Array)[]): string {
  const bytes = concatBytes(...parts.map((part) => (typeof part === 'string' ? utf8(part) : part)))
  return toBase64(crypto.ed25519Sign(key, bytes))
}

/** What JSON has as hex and base64 as raw bytes, where it is that; booleans as 0 and 1. */
function toBt(value: unknown, key = ''): BencodeInput | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'number') return value
  if (typeof value === 'string') return bytesOf(value, key)
  if (Array.isArray(value)) return value.map((item) => toBt(item, key)!)
  const dict = new Map<string, BencodeInput>()
  for (const [name, item] of Object.entries(value as object)) {
    const encoded = toBt(item, name)
    if (encoded !== undefined) dict.set(name, encoded)
  }
  return dict
}

function bytesOf(text: string, key: string): BencodeInput {
  try {
    if (HEX_KEYS.includes(key)) return fromHex(text)
    if (BASE64_KEYS.includes(key) && text !== '') return fromBase64(text)
  } catch {
    // not what the key wants: it goes as the text that it is
  }
  return text
}

function fromBt(value: BencodeValue, key = ''): unknown {
  if (value instanceof Uint8Array) {
    return BASE64_KEYS.includes(key) ? toBase64(value) : Buffer.from(value).toString('latin1')
  }
  if (typeof value === 'number' && FLAG_KEYS.includes(key)) return value !== 0
  if (Array.isArray(value)) return value.map((item: BencodeValue) => fromBt(item, key))
  if (!(value instanceof Map)) return value
  return Object.fromEntries([...value].map(([name, item]) => [name, fromBt(item, name)]))
}
