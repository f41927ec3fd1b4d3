/**
 * What the compatible algorithm lacks: even sizes where they cost nothing, and swarms that no single operator or subnet
 * can silence. Both steps change nothing when they are run on their own result. @see docs/protocol/swarms.md §3
 */
import { compareNodeIds, type NodeId } from './node-id.ts'
import type { SwarmId } from './swarm-id.ts'
import type { SwarmSizes } from './swarm-sizes.ts'
import type { SwarmTable } from './swarm-table.ts'

type Previous = ReadonlyMap<NodeId, SwarmId>

/**
 * Evens out swarms over and under the target, without moving more nodes than have to move anyway: either a node that
 * has just come to the larger swarm goes to the smaller one instead, or a node that was taken from the smaller one
 * returns and a member of the larger one goes in its place.
 */
export function levelSizes(table: SwarmTable, previous: Previous, { target }: SwarmSizes): void {
  // Ends: every round brings one swarm nearer to the target from above and one from below.
  while (levelOnce(table, previous, target));
}

function levelOnce(table: SwarmTable, previous: Previous, target: number): boolean {
  const smallestFirst = table.idsBySize()
  const small = smallestFirst.filter((id) => table.size(id) < target)
  const large = smallestFirst.filter((id) => table.size(id) > target).reverse()
  for (const from of large) {
    for (const to of small) {
      const newcomer = leastConflicts(table, newcomers(table, previous, from), to)
      if (newcomer !== undefined) {
        table.place(newcomer, to)
        return true
      }
      const taken = [...table.assignment.keys()].filter((node) => previous.get(node) === to && table.home(node) !== to)
      const returning = leastConflicts(table, taken, to)
      if (returning === undefined) continue
      const place = table.home(returning)
      table.place(returning, to)
      table.place(leastConflicts(table, table.members(from), place)!, place)
      return true
    }
  }
  return false
}

function newcomers(table: SwarmTable, previous: Previous, id: SwarmId): NodeId[] {
  return table.members(id).filter((node) => previous.get(node) !== id)
}

function leastConflicts(table: SwarmTable, nodes: readonly NodeId[], id: SwarmId): NodeId | undefined {
  let best: NodeId | undefined
  for (const node of [...nodes].sort(compareNodeIds)) {
    if (best === undefined || table.conflicts(node, id) < table.conflicts(best, id)) best = node
  }
  return best
}

type Change = {
  readonly to: SwarmId
  /** Who comes back in exchange; nobody, if the node simply moves. */
  readonly partner: NodeId | undefined
  readonly conflicts: number
  readonly moves: number
}

/** Moves or exchanges nodes as long as that makes fewer pairs of one operator or subnet share a swarm. */
export function separateOperators(table: SwarmTable, previous: Previous, { minimum }: SwarmSizes): void {
  const nodes = [...table.assignment.keys()].sort(compareNodeIds)
  let changed = true
  // Ends: every change lowers the number of such pairs.
  while (changed) {
    changed = false
    for (const node of nodes) {
      if (table.conflicts(node, table.home(node)) === 0) continue
      const best = bestChange(table, previous, { node, minimum })
      if (best === undefined) continue
      const home = table.home(node)
      table.place(node, best.to)
      if (best.partner !== undefined) table.place(best.partner, home)
      changed = true
    }
  }
}

function bestChange(
  table: SwarmTable,
  previous: Previous,
  { node, minimum }: { node: NodeId; minimum: number },
): Change | undefined {
  const home = table.home(node)
  const now = table.conflicts(node, home)
  const spare = table.size(home) > minimum
  let best: Change | undefined
  const consider = (change: Change) => {
    if (change.conflicts >= 0) return
    const better =
      best === undefined ||
      change.conflicts < best.conflicts ||
      (change.conflicts === best.conflicts && change.moves < best.moves)
    if (better) best = change
  }
  for (const to of table.ids) {
    if (to === home) continue
    const gained = table.conflicts(node, to) - now
    const moves = movesOf(previous, node, home, to)
    if (spare && table.size(to) < table.size(home)) consider({ to, partner: undefined, conflicts: gained, moves })
    for (const partner of table.members(to)) {
      // The two do not meet: what they share was counted once for each of them.
      const theirs = table.conflicts(partner, home) - table.conflicts(partner, to) - 2 * table.shared(node, partner)
      const partnerMoves = movesOf(previous, partner, to, home)
      consider({ to, partner, conflicts: gained + theirs, moves: moves + partnerMoves })
    }
  }
  return best
}

/** How many more nodes have to fetch data: one that stayed moves (1), moves already (0), or stays after all (−1). */
function movesOf(previous: Previous, node: NodeId, from: SwarmId, to: SwarmId): number {
  const before = previous.get(node)
  if (before === undefined) return 0
  return Number(before === from) - Number(before === to)
}
