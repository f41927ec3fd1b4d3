import type { Connection, HopView, NetworkView, UnixMillis } from '@starling/client'
import { clockText, dayText } from '../../format/time.ts'
import { t } from '../../text/t.ts'
import { isSameDay } from '../message-log/log-items.ts'

/** A dot of the path: what it is called, and what is said of it, a sentence or fact each. */
export type PathDot = {
  readonly key: string
  readonly role: 'you' | HopView['role'] | 'member'
  readonly name: string
  readonly facts: readonly string[]
  /** A swarm member that did not answer is an outline. */
  readonly answering: boolean
}

/** From this device to the swarm, in the order of the arc. */
export function pathDots(network: NetworkView, now: UnixMillis): readonly PathDot[] {
  const you: PathDot = { key: 'you', role: 'you', name: t('path.role.you'), facts: [t('path.you')], answering: true }
  const hops = network.path?.hops ?? []
  const isConnected = network.connection.kind === 'connected'
  return [you, ...hops.map((hop) => hopDot(hop, now)), ...network.swarm.map((member) => memberDot(member, isConnected))]
}

function hopDot(hop: HopView, now: UnixMillis): PathDot {
  const { role, operator, since, nodeId } = hop
  const facts = [
    `${t('path.operator', { operator })}, ${t('path.since', { when: momentText(since, now) })}`,
    t(`path.${role}`),
  ]
  return { key: `${role} ${nodeId}`, role, name: t(`path.role.${role}`), facts, answering: true }
}

/** What a member answered before says nothing about now, while there is no connection. */
function memberDot({ nodeId, answering }: NetworkView['swarm'][number], isConnected: boolean): PathDot {
  const node = t('path.node', { id: nodeId.slice(0, 8) })
  const state = answering ? t('path.answering') : t('path.silent')
  const facts = [isConnected ? `${node}, ${state}` : node, t('path.member')]
  return {
    key: `member ${nodeId}`,
    role: 'member',
    name: t('path.role.member'),
    facts,
    answering: isConnected && answering,
  }
}

/** A time of today, or a date. */
export function momentText(at: UnixMillis, now: UnixMillis): string {
  return isSameDay(at, now) ? clockText(at) : dayText(at, now)
}

/** The state of the connection in words: one line, and the reason where there is one. */
export function connectionText(
  connection: Connection,
  now: UnixMillis,
): { readonly title: string; readonly reason?: string } {
  switch (connection.kind) {
    case 'connected':
      return { title: t('path.connectedSince', { when: momentText(connection.since, now) }) }
    case 'connecting':
      return { title: t('connection.connecting') }
    case 'offline': {
      const { lastContact, reason } = connection
      const contact =
        lastContact === undefined
          ? t('connection.neverContact')
          : t('connection.lastContact', { when: momentText(lastContact, now) })
      return { title: t('connection.offline'), reason: `${t(`connection.reason.${reason}`)} ${contact}` }
    }
  }
}
