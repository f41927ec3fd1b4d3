/** People who store and delete without a rest, and remember what they were promised. */
import { deriveAccountKeys, parseAccountSeed, toBase64, toHex, utf8 } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import type { Dice } from '../fuzz/dice.ts'
import { type ChaosNetwork, pause, sinceStart } from './chaos-network.ts'
import { ask } from './https.ts'
import type { ChaosNode } from './lay-out.ts'
import type { Promised } from './promises.ts'

/** Anybody may store there and retrieve from there: nothing here is about signatures. */
const NAMESPACE = -10
const TTL_MS = 86_400_000
const WORKERS = 6
const REST_MS = 20
const LARGEST = 2_000
const ONE_DELETE_IN = 6

export type Account = {
  readonly owner: string
  /** What the swarm follows from. */
  readonly key: Uint8Array
  readonly promised: Promised
  readonly signingKey: string
  sign(text: string): string
}

const crypto = createNativeCrypto()

export function createAccounts(count: number): readonly Account[] {
  return Array.from({ length: count }, (_, index) => {
    const keys = deriveAccountKeys(crypto, parseAccountSeed(new Uint8Array(16).fill(index + 1)))
    return {
      owner: keys.accountId,
      key: keys.encryption.publicKey,
      promised: { kept: new Map<string, string>(), gone: new Map<string, string>() },
      signingKey: toHex(keys.signing.publicKey),
      sign: (text) => keys.signing.secretKey.use((key) => toBase64(crypto.ed25519Sign(key, utf8(text)))),
    }
  })
}

export class Load {
  readonly #network: ChaosNetwork
  readonly #accounts: readonly Account[]
  readonly #dice: Dice
  readonly #avoided = new Set<ChaosNode>()
  readonly #underWay = new Map<ChaosNode, number>()
  #running = true
  #workers: Promise<unknown> = Promise.resolve()
  #number = 0
  /** `refused`: an answer, but none that promises anything. */
  readonly counts = { stored: 0, deleted: 0, refused: 0, unanswered: 0 }

  constructor(network: ChaosNetwork, accounts: readonly Account[], dice: Dice) {
    this.#network = network
    this.#accounts = accounts
    this.#dice = dice
  }

  start(): void {
    this.#workers = Promise.all(Array.from({ length: WORKERS }, () => this.#work()))
  }

  async stop(): Promise<void> {
    this.#running = false
    await this.#workers
  }

  /** Nothing is asked of the node any more, and nothing that was asked is open. */
  async avoid(node: ChaosNode): Promise<void> {
    this.#avoided.add(node)
    while ((this.#underWay.get(node) ?? 0) > 0) await pause(REST_MS)
  }

  useAgain(node: ChaosNode): void {
    this.#avoided.delete(node)
  }

  async #work(): Promise<void> {
    while (this.#running) {
      const account = this.#dice.pick(this.#accounts)
      const members = this.#network.membersOf(account.key).filter((member) => !this.#avoided.has(member))
      await this.#at(this.#dice.pick(members), account)
      await pause(REST_MS)
    }
  }

  async #at(node: ChaosNode, account: Account): Promise<void> {
    this.#underWay.set(node, (this.#underWay.get(node) ?? 0) + 1)
    try {
      if (account.promised.kept.size > 2 && this.#dice.oneIn(ONE_DELETE_IN)) await this.#delete(node, account)
      else await this.#store(node, account)
    } finally {
      this.#underWay.set(node, this.#underWay.get(node)! - 1)
    }
  }

  async #store(node: ChaosNode, { owner, promised }: Account): Promise<void> {
    const data = new Uint8Array(16 + this.#dice.below(LARGEST))
    new DataView(data.buffer).setUint32(0, this.#number++)
    const params = { pubkey: owner, namespace: NAMESPACE, timestamp: Date.now(), ttl: TTL_MS, data: toBase64(data) }
    const answer = await ask(node.httpsPort, 'store', params)
    if (answer?.status === 200) {
      promised.kept.set(answer.body['hash'] as string, this.#story(node, answer.body))
      this.counts.stored++
    } else this.counts[answer ? 'refused' : 'unanswered']++
  }

  async #delete(node: ChaosNode, { owner, promised, signingKey, sign }: Account): Promise<void> {
    const messages = [this.#dice.pick([...promised.kept.keys()])]
    // Without an answer nobody knows: from now on it may be there or not.
    for (const hash of messages) promised.kept.delete(hash)
    const signature = sign(`delete${messages.join('')}`)
    const params = { pubkey: owner, pubkey_ed25519: signingKey, messages, signature }
    const answer = await ask(node.httpsPort, 'delete', params)
    if (answer?.status === 200) {
      for (const hash of messages) promised.gone.set(hash, this.#story(node, answer.body))
      this.counts.deleted++
    } else this.counts[answer ? 'refused' : 'unanswered']++
  }

  /** Whom it was said by, when, and who missed it. */
  #story(node: ChaosNode, { swarm }: Record<string, unknown>): string {
    const missed = Object.entries(swarm as Record<string, { failed?: unknown }>).filter(([, { failed }]) => failed)
    const indices = missed.map(([id]) => this.#network.nodes.find(({ nodeId }) => nodeId === id)?.index)
    return `by ${node.index} at ${sinceStart()} s, missed by ${indices.join() || 'nobody'}`
  }
}
