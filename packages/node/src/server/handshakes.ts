import type { Socket } from 'node:net'
import type { Gate } from './gate.ts'

/**
 * Connections that have not proven who they are. A place is given back when the handshake is done or the connection has
 * closed; the finished TLS connection does not tell which raw one it is on, so they are found by address and port.
 */
export class Handshakes {
  readonly #gate: Gate
  readonly #open = new Map<string, () => void>()

  constructor(gate: Gate) {
    this.#gate = gate
  }

  /** What ends it, or nothing if there is no place for another one. */
  begin(socket: Socket): (() => void) | undefined {
    const address = this.#gate.callerOf(socket.remoteAddress)
    if (!this.#gate.openConnection(address)) return undefined
    const key = keyOf(socket)
    const end = () => {
      if (this.#open.get(key) !== end) return
      this.#open.delete(key)
      this.#gate.closeConnection(address)
    }
    // A connection that came from the same port before is gone, even if we have not heard of it yet.
    this.#open.get(key)?.()
    this.#open.set(key, end)
    return end
  }

  end(socket: Socket): void {
    this.#open.get(keyOf(socket))?.()
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
