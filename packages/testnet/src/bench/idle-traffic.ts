/** What a client sends and receives that has nothing to do, on virtual time: exact, and the same on every machine. */
import { hours, type Millis, minutes } from '@starling/protocol'
import { TestNet } from '../test-net.ts'
import type { Figure } from './figures.ts'

export type IdleTraffic = {
  /** Frames with their headers, without what TLS and WebSocket add: some 30 bytes each. */
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly sentFrames: number
  readonly receivedFrames: number
}

/** In `duration`, of one client that has settled, in a network of `nodes` nodes with an epoch of ten minutes. */
export async function measureIdleTraffic({
  nodes = 12,
  duration = hours(1),
}: {
  readonly nodes?: number
  readonly duration?: Millis
} = {}): Promise<IdleTraffic> {
  await using net = await TestNet.create({ nodes, swarmSize: 3, seed: 61, parameters: { epochLength: minutes(10) } })
  const [idle] = await net.clients('idle')
  await net.advance(minutes(10))
  const count = () => {
    const sent = net.nodes.flatMap((node) =>
      net.network.received(node.address).filter(({ from }) => from === idle.name),
    )
    const received = net.network.received(idle.name)
    const sizeOf = (frames: typeof received) => frames.reduce((sum, { bytes }) => sum + bytes.length, 0)
    return {
      sentBytes: sizeOf(sent),
      receivedBytes: sizeOf(received),
      sentFrames: sent.length,
      receivedFrames: received.length,
    }
  }
  const before = count()
  await net.advance(duration)
  const after = count()
  return {
    sentBytes: after.sentBytes - before.sentBytes,
    receivedBytes: after.receivedBytes - before.receivedBytes,
    sentFrames: after.sentFrames - before.sentFrames,
    receivedFrames: after.receivedFrames - before.receivedFrames,
  }
}

export async function idleTrafficFigures(): Promise<Figure[]> {
  const { sentBytes, receivedBytes, sentFrames, receivedFrames } = await measureIdleTraffic()
  return [
    { name: 'idle client: sent in an hour', value: sentBytes / 1e6, unit: 'MB' },
    { name: 'idle client: received in an hour', value: receivedBytes / 1e6, unit: 'MB' },
    { name: 'idle client: frames in an hour, both ways', value: sentFrames + receivedFrames, unit: '' },
  ]
}
