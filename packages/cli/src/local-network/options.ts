/** What a local network is asked for, and what it tells meanwhile. */
import type { Millis, NetworkFile, NetworkParameters, NodeId, RandomBytes } from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import { CliError } from '../cli-error.ts'
import type { RunFile } from './run-file.ts'

export const DEFAULT_NODES = 12
export const DEFAULT_SWARM_SIZE = 3
export const DEFAULT_PORT_BASE = 22_100

export type LocalNetworkOptions = {
  /** Holds everything of the network; made if it is missing. */
  readonly folder: string
  /** Of a new network: 12 nodes. One that is there keeps its number. */
  readonly nodes?: number
  /** Of a new network: swarms of 3, and epochs of 20 seconds. */
  readonly parameters?: Partial<NetworkParameters>
  /** Of a new network: the ports above it, or above the next one that is free; `any`: some that are free. */
  readonly portBase?: number | 'any'
  /** Of a new network: what its file lists outside of it. None. */
  readonly outside?: Pick<NetworkFile, 'exits' | 'previews'>
  /** Another program for the nodes, which takes `--config FILE` as well. */
  readonly program?: string
  /** A built app that all nodes give out at `/app/`. */
  readonly appFolder?: string
  /** Called off when it aborts, with nothing left running. */
  readonly signal?: AbortSignal
  /** How long nodes may take until they are ready: 45 seconds. */
  readonly patience?: Millis
  readonly onEvent?: (event: LocalNetworkEvent) => void
  readonly clock?: Clock
  readonly random?: RandomBytes
}

export type LocalNetworkEvent =
  | { readonly kind: 'creating'; readonly nodes: number }
  | { readonly kind: 'otherPorts'; readonly wanted: number; readonly chosen: number }
  | { readonly kind: 'cleaned'; readonly processes: number }
  | { readonly kind: 'starting'; readonly ready: number; readonly of: number }
  | {
      readonly kind: 'nodeEnded'
      readonly name: string
      readonly how: string
      readonly logFile: string
      readonly left: number
    }

export type LocalNode = {
  /** `01`, `02`, …; the first is the directory member. */
  readonly name: string
  readonly nodeId: NodeId
  /** Plain HTTP on loopback. */
  readonly webUrl: string
  readonly httpsPort: number
  /** `undefined` while it does not run. */
  readonly pid: number | undefined
}

/** The network of the folder is run by another program, or this one, already. */
export class NetworkRunningError extends CliError {
  readonly run: RunFile
  constructor(folder: string, run: RunFile) {
    super('network_running', `The local network in ${folder} is running already. Nothing was changed.`)
    this.run = run
  }
}
