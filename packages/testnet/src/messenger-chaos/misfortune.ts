/** What goes wrong: nodes, wires, disks, clocks, and apps that end in the middle of something. */
import { millis, minutes, type NodeId } from '@starling/protocol'
import { pick, randomInteger } from '@starling/runtime'
import type { SkewedClock } from '@starling/runtime/testing'
import type { SimulatedNode } from '../simulated-node.ts'
import { DEVICES, type Device, type Household } from './household.ts'

/** So many writes at most, until the disk of a device breaks. */
const MOST_WRITES = 25
/** By how much a clock is wrong at most. */
const MOST_SKEW = minutes(4)
const LAST_WRITES = 4

export type MisfortuneOptions = {
  readonly log: (line: string) => void
  /** What its disk had not for sure is gone: what was read, for one. */
  readonly onPowerLost: (device: Device) => void
}

export class Misfortune {
  readonly #house: Household
  readonly #options: MisfortuneOptions

  constructor(house: Household, options: MisfortuneOptions) {
    this.#house = house
    this.#options = options
  }

  async strike(): Promise<void> {
    const { net, devices } = this.#house
    const { network, nodes } = net
    const device = pick(net.random, DEVICES)!
    const node = pick(net.random, nodes)!
    const strikes: readonly [string, () => unknown][] = [
      [`${node.address} crashes`, () => this.#spares(node) || node.crash({ torn: this.#below(3) })],
      [`${node.address} stops`, () => this.#spares(node) || node.stop()],
      ['nodes start', () => net.start(nodes.filter((other) => !other.isRunning))],
      ['nodes start', () => net.start(nodes.filter((other) => !other.isRunning))],
      ['wires lose', () => this.#spoilWires()],
      ['wires are good', () => network.mend()],
      [`${node.address} is cut off from others`, () => this.#cutOff(node)],
      [`${device} cannot reach ${node.address}`, () => network.setWire(device, node.address, { cut: true })],
      [`${device} goes offline`, () => devices[device].setOffline(true)],
      [`${device} comes online`, () => devices[device].setOffline(false)],
      [`${device} comes online`, () => devices[device].setOffline(false)],
      [`${device} restarts`, () => this.#house.restart(device)],
      [`${device} loses power`, () => this.#losePower(device)],
      [`the clock of ${device} is wrong`, () => this.#setClock(devices[device])],
      [`the clock of ${device} is right`, () => this.#setClock(devices[device], 0)],
      [`the clock of ${node.address} is wrong`, () => this.#setNodeClock(node)],
      ['the clocks of nodes are right', () => this.#setClocksRight(nodes)],
      [`${node.address} loses its disk`, () => this.#spares(node) || !this.#isCopied(node) || node.loseDisk()],
      [`the disk of ${device} will break`, () => this.#wearOut(device)],
      [`the disk of ${node.address} is full`, () => node.disk.failWrites('full')],
      [`the disk of ${node.address} works`, () => node.disk.failWrites(undefined)],
    ]
    const [name, strike] = pick(net.random, strikes)!
    this.#options.log(name)
    await strike()
  }

  /** All is well again, and everybody is online. */
  async heal(): Promise<void> {
    const { net, devices } = this.#house
    this.#options.log('all is well again')
    net.network.mend()
    for (const node of net.nodes) node.disk.failWrites(undefined)
    this.#setClocksRight(net.nodes)
    await net.start(net.nodes.filter((node) => !node.isRunning))
    for (const device of DEVICES) {
      devices[device].setOffline(false)
      this.#setClock(devices[device], 0)
      if (devices[device].disk.writesLeft < Number.POSITIVE_INFINITY) await this.#house.restart(device)
    }
  }

  #wearOut(device: Device): void {
    this.#house.devices[device].disk.writesLeft = this.#below(MOST_WRITES)
  }

  async #losePower(device: Device): Promise<void> {
    await this.#house.restart(device, { kept: this.#below(LAST_WRITES) })
    this.#options.onPowerLost(device)
  }

  #setClock({ clock }: { readonly clock: SkewedClock }, offset = this.#below(2 * MOST_SKEW) - MOST_SKEW): void {
    clock.offset = millis(offset)
  }

  /** One at a time: two of three that are asked for the time are right. The directory goes by the first. */
  #setNodeClock(node: SimulatedNode): void {
    const { nodes } = this.#house.net
    if (node !== nodes[0] && nodes.every(({ clock }) => clock.offset === 0)) this.#setClock(node)
  }

  #setClocksRight(nodes: readonly SimulatedNode[]): void {
    for (const node of nodes) this.#setClock(node, 0)
  }

  /** Other members that run have all that this one has: what nobody else has is lost with its disk. */
  #isCopied({ nodeId, disk }: SimulatedNode): boolean {
    const { directory, nodes } = this.#house.net
    const swarmOf = (id: NodeId) => directory.nodes.get(id)?.swarmId
    const others = nodes.filter(
      (other) => other.nodeId !== nodeId && other.isRunning && swarmOf(other.nodeId) === swarmOf(nodeId),
    )
    const isElsewhere = (table: 'messages' | 'records') =>
      [...disk.tables[table]].every(([owner, kept]) =>
        Array.from<unknown>(kept.keys()).every((key) =>
          others.some((other) => other.disk.tables[table].get(owner)?.has(key as never)),
        ),
      )
    return isElsewhere('messages') && isElsewhere('records')
  }

  #spoilWires(): void {
    const faults = { loss: this.#below(10) / 100, jitter: millis(this.#below(300)), reorder: this.#below(2) === 0 }
    this.#options.log(JSON.stringify(faults))
    this.#house.net.network.setDefaults(faults)
  }

  #cutOff(node: SimulatedNode): void {
    const { network, nodes } = this.#house.net
    for (const other of nodes) if (other !== node) network.setWire(node.address, other.address, { cut: true })
  }

  /** One member of each swarm stays, and the only directory member: what all members lose is lost. */
  #spares(node: SimulatedNode): boolean {
    const { directory, nodes } = this.#house.net
    const swarmId = directory.nodes.get(node.nodeId)?.swarmId
    const isOther = (other: SimulatedNode) => other !== node && other.isRunning
    const others = nodes.filter((other) => isOther(other) && directory.nodes.get(other.nodeId)?.swarmId === swarmId)
    return node === nodes[0] || others.length === 0
  }

  #below(limit: number): number {
    return randomInteger(this.#house.net.random, limit)
  }
}
