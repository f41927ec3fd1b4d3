/** What goes wrong: nodes, wires, disks, and apps that end in the middle of something. */
import { millis } from '@starling/protocol'
import { pick, randomInteger } from '@starling/runtime'
import type { SimulatedNode } from '../simulated-node.ts'
import { DEVICES, type Household } from './household.ts'

/** So many writes at most, until the disk of a device breaks. */
const MOST_WRITES = 25

export class Misfortune {
  readonly #house: Household
  readonly #log: (line: string) => void

  constructor(house: Household, log: (line: string) => void) {
    this.#house = house
    this.#log = log
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
      [`the disk of ${device} will break`, () => this.#wearOut(device)],
      [`the disk of ${node.address} is full`, () => node.disk.failWrites('full')],
      [`the disk of ${node.address} works`, () => node.disk.failWrites(undefined)],
    ]
    const [name, strike] = pick(net.random, strikes)!
    this.#log(name)
    await strike()
  }

  /** All is well again, and everybody is online. */
  async heal(): Promise<void> {
    const { net, devices } = this.#house
    this.#log('all is well again')
    net.network.mend()
    for (const node of net.nodes) node.disk.failWrites(undefined)
    await net.start(net.nodes.filter((node) => !node.isRunning))
    for (const device of DEVICES) {
      devices[device].setOffline(false)
      if (devices[device].disk.writesLeft < Number.POSITIVE_INFINITY) await this.#house.restart(device)
    }
  }

  #wearOut(device: (typeof DEVICES)[number]): void {
    this.#house.devices[device].disk.writesLeft = this.#below(MOST_WRITES)
  }

  #spoilWires(): void {
    const faults = { loss: this.#below(10) / 100, jitter: millis(this.#below(300)), reorder: this.#below(2) === 0 }
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
