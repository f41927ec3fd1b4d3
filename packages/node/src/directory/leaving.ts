/**
 * Leaving for good: the wish survives restarts as a file in the data folder, and the node has left when no directory names it
 * and nothing is left here that others need. docs/operating.md.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { seconds } from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import { LEAVING_MARK } from '../file-names.ts'
import { writePrivateFile } from '../private-file.ts'
import type { NodeStore } from '../storage/node-store.ts'
import { NodeStoreError } from '../storage/node-store-error.ts'
import type { DirectoryKeeper } from './directory-keeper.ts'
import type { Intent, Membership } from './membership.ts'

const CHECK_INTERVAL = seconds(1)
const NOTE = 'This node leaves its network. `starling node join` takes that back.\n'

const markOf = (dataFolder: string): string => join(dataFolder, LEAVING_MARK)

export function readIntent(dataFolder: string): Intent {
  return existsSync(markOf(dataFolder)) ? 'leave' : 'stay'
}

export function keepIntent(dataFolder: string, intent: Intent): void {
  if (intent === 'stay') rmSync(markOf(dataFolder), { force: true })
  else writePrivateFile(markOf(dataFolder), NOTE, { replace: true })
}

export type LeavingOptions = {
  readonly clock: Clock
  readonly node: {
    readonly nodeId: Parameters<DirectoryKeeper['hasDeparted']>[0]
    readonly keeper: DirectoryKeeper
    readonly membership: Membership
  }
  readonly store: Pick<NodeStore, 'stats'>
}

/** Resolves when the node wanted to leave and has left; until then it serves. Rejects when `signal` aborts. */
export async function untilLeft(options: LeavingOptions, signal: AbortSignal): Promise<void> {
  while (!(await hasLeft(options))) await options.clock.sleep(CHECK_INTERVAL, { signal })
}

async function hasLeft({ node, store }: LeavingOptions): Promise<boolean> {
  const { membership, keeper, nodeId } = node
  if (membership.intent.snapshot === 'stay' || keeper.view.snapshot?.nodes.has(nodeId)) return false
  // Else the directory would take us up again, as a node that can be reached.
  if (membership.announced !== 'accepted' && membership.announced !== 'not_admitted') return false
  try {
    const { messages, records } = await store.stats()
    return messages === 0 && records === 0
  } catch (error) {
    if (!(error instanceof NodeStoreError)) throw error
    return false
  }
}
