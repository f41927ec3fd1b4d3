/** One real node whose loops stand still, as a member of a swarm whose other members cannot be reached. */
import { admissionByInvitation, PeerError, type PublicAnswer, StarlingNode } from '@starling/node'
import { MemoryDisk, openMemoryStore } from '@starling/node/testing'
import { FrameKind, type Millis, millis, SecretKey, unixMillis } from '@starling/protocol'
import type { LinkReply } from '@starling/runtime'
import { type MemoryLogger, memoryLogger, seededRandom, settle, VirtualClock } from '@starling/runtime/testing'
import { crypto, directoryKeys, NOW, nodeIds, nodeSecret } from './people.ts'
import { descriptorOf, documentOf, networkFile } from './targets/directory.ts'

/** Longer than any answer is held. */
const HELD: Millis = millis(61_000)
/** A node that has kept a thousand inputs is replaced, so that what it holds does not decide how long an input takes. */
const MOST_REQUESTS = 1000

export class OneNode {
  #node: Promise<{ node: StarlingNode; clock: VirtualClock; log: MemoryLogger }> | undefined
  #requests = 0

  /** As over HTTP, by somebody. */
  ask(kind: 'rpc' | 'onion' | 'seed' | 'announce', body: Uint8Array): Promise<PublicAnswer> {
    return this.#through((node, signal) => node.answer({ kind, body }, signal))
  }

  /** As over `/link`. */
  askLink(kind: number, payload: Uint8Array): Promise<LinkReply> {
    return this.#through((node, signal) => node.answerLink(kind, payload, signal))
  }

  /** As over a peer link, by a member of the same swarm. */
  askAsPeer(kind: number, payload: Uint8Array): Promise<LinkReply> {
    return this.#through((node, signal) => node.answerPeer(nodeIds[1]!, kind, payload, signal))
  }

  async #through<T>(ask: (node: StarlingNode, signal: AbortSignal) => Promise<T>): Promise<T> {
    if (++this.#requests % MOST_REQUESTS === 0) await this.#end()
    this.#node ??= create()
    const { node, clock, log } = await this.#node
    const lines = log.lines.length
    let settled = false
    const answer = ask(node, new AbortController().signal).finally(() => {
      settled = true
    })
    answer.catch(() => {}) // awaited below
    await settle()
    if (!settled) await clock.advance(HELD)
    const answered = await answer
    const broken = log.lines.slice(lines).find(({ level }) => level === 'error')
    if (broken) throw new Error(`the node logged ${broken.event}`)
    return answered
  }

  async #end(): Promise<void> {
    const running = await this.#node
    this.#node = undefined
    await running?.node[Symbol.asyncDispose]()
  }
}

async function create(): Promise<{ node: StarlingNode; clock: VirtualClock; log: MemoryLogger }> {
  const clock = new VirtualClock({ start: unixMillis(NOW) })
  const log = memoryLogger()
  const { timestamp: _, ...descriptor } = descriptorOf(0)
  const unreachable = () => Promise.reject(new PeerError('unreachable'))
  const directory = {
    keyIndex: 0,
    secretKey: new SecretKey(directoryKeys.secretKey.slice() as typeof directoryKeys.secretKey),
    admission: admissionByInvitation(nodeIds),
  }
  const node = new StarlingNode(
    { network: networkFile, secretKey: nodeSecret(0), descriptor, directory },
    {
      clock,
      random: seededRandom(1),
      crypto,
      logger: log,
      store: await openMemoryStore(new MemoryDisk({ clock, writeDelay: millis(0) })),
      peers: { request: unreachable },
      bootstrap: { announce: unreachable },
    },
  )
  // Never started: without its loops nothing happens but what an input makes happen.
  await node.answerPeer(nodeIds[1]!, FrameKind.publish, documentOf(2), new AbortController().signal)
  return { node, clock, log }
}
