/** The port to the network: links to guards, and plain requests for the directory. Adapters: `browser/`, `node/`, testnet. */
import type { Descriptor } from '@starling/protocol'
import type { Link } from '@starling/runtime'

export interface Transport {
  /** A link to a node, its identity checked as far as the platform can. @throws {TransportError} */
  connect(node: Descriptor, options: { readonly signal: AbortSignal }): Promise<Link>
  /** The newest directory document, as any node serves it. What comes back is verified by signature. @throws {TransportError} */
  fetchDirectory(baseUrl: string, options: { readonly signal: AbortSignal }): Promise<Uint8Array>
  /** Whether the platform says that there is no network at all. */
  readonly offline: boolean
  /** Called when the platform says that the network came back or went away; returns the way to stop it. */
  onNetworkChange(listener: () => void): () => void
}
