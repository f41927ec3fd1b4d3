/** Links to every node of a network, for loads that go past a client. */
import { createNodeTransport } from '@starling/client/node'
import {
  type Crypto,
  DirectoryView,
  type NetworkFile,
  type NodeEntry,
  type NodeId,
  type RandomBytes,
  verifyDocument,
} from '@starling/protocol'
import { type Link, systemClock, systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'

export class NetworkLinks implements AsyncDisposable {
  readonly crypto: Crypto
  readonly random: RandomBytes = systemRandom()
  readonly view: DirectoryView
  /** Never aborts. */
  readonly signal: AbortSignal
  readonly #links: ReadonlyMap<NodeId, Link>

  private constructor(crypto: Crypto, view: DirectoryView, links: ReadonlyMap<NodeId, Link>, signal: AbortSignal) {
    this.crypto = crypto
    this.view = view
    this.#links = links
    this.signal = signal
  }

  static async open(network: NetworkFile): Promise<NetworkLinks> {
    const crypto = createNativeCrypto()
    const transport = createNodeTransport({ clock: systemClock() })
    const { signal } = new AbortController()
    const document = await transport.fetchDirectory(network.bootstrap[0]!, { signal })
    const view = new DirectoryView(verifyDocument(crypto, network, document))
    const links = new Map<NodeId, Link>()
    for (const { descriptor } of view.nodes.values())
      links.set(descriptor.nodeId, await transport.connect(descriptor, { signal }))
    return new NetworkLinks(crypto, view, links, signal)
  }

  to({ descriptor }: NodeEntry): Link {
    return this.#links.get(descriptor.nodeId)!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link[Symbol.asyncDispose]()))
  }
}

/** Runs `work` for every item, `inFlight` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  inFlight: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < items.length) await work(items[next++]!)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}
