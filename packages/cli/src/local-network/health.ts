import { type DirectoryView, isJsonObject, type JsonObject, seconds } from '@starling/protocol'
import { type Clock, withTimeout } from '@starling/runtime'

/** What a node says of itself. */
export type NodeHealth = {
  /** It is in the directory, has what its swarm has, and answers for it. */
  readonly ready: boolean
  readonly epoch: number
  /** In the directory as this node knows it. */
  readonly nodes: number
  readonly swarms: number
  /** Stored now. */
  readonly messages: number
  /** Messages that other members missed and that wait for them. */
  readonly hints: number
  /** Retrievals that wait for news. */
  readonly held: number
}

const TIMEOUT = seconds(3)

export type FetchOptions = { readonly clock: Clock; readonly signal: AbortSignal }

/** `undefined`, if nobody answers, or not in this form. Rejects only if `signal` aborts. */
export async function fetchHealth(webUrl: string, options: FetchOptions): Promise<NodeHealth | undefined> {
  const response = await get(`${webUrl}/health`, options)
  return response && parseHealth(response.body)
}

/** The signed directory document that the node goes by; `undefined`, if it has none or does not answer. */
export async function fetchDocument(webUrl: string, options: FetchOptions): Promise<Uint8Array | undefined> {
  const response = await get(`${webUrl}/directory/latest`, options)
  return response?.status === 200 ? response.body : undefined
}

async function get(
  url: string,
  { clock, signal }: FetchOptions,
): Promise<{ status: number; body: Uint8Array } | undefined> {
  try {
    return await withTimeout(clock, TIMEOUT, signal, async (within) => {
      const response = await fetch(url, { signal: within })
      return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) }
    })
  } catch {
    signal.throwIfAborted()
    return undefined // not there yet, or not there any more: what a node that starts or dies looks like
  }
}

function parseHealth(body: Uint8Array): NodeHealth | undefined {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
  return isJsonObject(value) && isHealth(value) ? value : undefined
}

function isHealth(value: JsonObject): value is NodeHealth {
  const counts = ['epoch', 'nodes', 'swarms', 'messages', 'hints', 'held']
  return typeof value['ready'] === 'boolean' && counts.every((key) => Number.isSafeInteger(value[key]))
}

/** 16 hex digits, as the load generator and people read it; `undefined`, if the node is in no swarm. */
export function swarmOf(
  view: DirectoryView | undefined,
  nodeId: Parameters<DirectoryView['nodes']['get']>[0],
): string | undefined {
  return view?.nodes.get(nodeId)?.swarmId.toString(16).padStart(16, '0')
}
