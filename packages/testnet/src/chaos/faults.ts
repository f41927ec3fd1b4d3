/** What happens to the members of one swarm, one thing after the other. */
import type { Dice } from '../fuzz/dice.ts'
import { type ChaosNetwork, pause, sinceStart } from './chaos-network.ts'
import type { ChaosNode } from './lay-out.ts'
import type { Load } from './load.ts'

/** Hints are tried again after 15 s at most: an absence that is longer meets a member that waits for its next try. */
const LONG_MS = 17_000
const LONG_SPREAD_MS = 5_000
const SHORT_MS = 4_000
const DIRECTORY_MEMBER = 0
const CALM_MS = 60_000
const POLL_MS = 100

export const FAULTS = ['kill', 'freeze', 'stop', 'cut', 'wipe'] as const
export type Fault = (typeof FAULTS)[number]

export type Stage = {
  readonly network: ChaosNetwork
  readonly load: Load
  readonly dice: Dice
  readonly members: readonly ChaosNode[]
}

/** Each kind of fault once, in any order. */
export async function strike(stage: Stage, onFault: (fault: Fault, story: string) => void): Promise<void> {
  const order = [...FAULTS]
  for (let left = order.length; left > 1; left--) {
    const at = stage.dice.below(left)
    ;[order[at], order[left - 1]] = [order[left - 1]!, order[at]!]
  }
  // One long absence a round is enough: the other one in the next round.
  const spared = stage.dice.pick(['freeze', 'stop'] as const)
  for (const fault of order.filter((each) => each !== spared)) {
    const node = stage.dice.pick(
      fault === 'wipe' ? stage.members.filter(({ index }) => index !== DIRECTORY_MEMBER) : stage.members,
    )
    const began = sinceStart()
    await suffer(stage, fault, node)
    onFault(fault, `${fault} ${node.index} ${began}–${sinceStart()} s`)
    await pause(stage.dice.below(2_000))
  }
}

async function suffer(stage: Stage, fault: Fault, node: ChaosNode): Promise<void> {
  const { network, dice, members } = stage
  const long = LONG_MS + dice.below(LONG_SPREAD_MS)
  const others = members.filter((member) => member !== node)
  switch (fault) {
    case 'kill':
      await network.end(node, 'SIGKILL')
      // While one is away another one may fall, too.
      if (dice.oneIn(2)) await network.end(others[0]!, 'SIGKILL')
      await pause(dice.below(SHORT_MS))
      for (const member of members) network.start(member)
      for (const member of members) await network.untilHealthy(member)
      return
    case 'freeze':
      network.freeze(node)
      await pause(long)
      network.thaw(node)
      return network.untilHealthy(node)
    case 'stop':
      await network.end(node, 'SIGTERM')
      await pause(long)
      network.start(node)
      return network.untilHealthy(node)
    case 'cut': {
      // From everybody, or from one other member, while both are asked by clients.
      const from = dice.oneIn(2) ? network.nodes.filter((each) => each !== node) : others.slice(0, 1)
      network.cut(node, from)
      await pause(SHORT_MS + dice.below(2 * SHORT_MS))
      return network.mend(node, from)
    }
    case 'wipe':
      return wipe(stage, node)
  }
}

/**
 * A new disk for one member. Before, everything that it alone may hold has reached the others, which are there; after, it
 * has everything again before anything else happens to the swarm. The directory member is spared: nobody else has its epochs.
 */
async function wipe({ network, load, members }: Stage, node: ChaosNode): Promise<void> {
  await load.avoid(node)
  for (const member of members) await network.untilHealthy(member)
  await calm(async () => (await network.health(node))?.hints === 0)
  await network.end(node, 'SIGKILL')
  network.wipe(node)
  network.start(node)
  await network.untilHealthy(node)
  await calm(() => network.isSynced(node))
  load.useAgain(node)
}

async function calm(isCalm: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + CALM_MS; Date.now() < end; await pause(POLL_MS)) if (await isCalm()) return
  throw new Error(`no calm within ${CALM_MS / 1000} s`)
}
