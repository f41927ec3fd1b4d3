/** People without a browser, who write to the one at the screen. */
import { join } from 'node:path'
import type { Client } from '@starling/client'
import { createNodeClient } from '@starling/client/node'
import type { AccountId, NetworkFile } from '@starling/protocol'

const NAMES = ['Wendy', 'Dave', 'Jun', 'Priya', 'Oluwaseun', 'Mallory', 'Trent'] as const
export type Name = (typeof NAMES)[number]

export type CrowdOptions = {
  readonly network: NetworkFile
  /** Holds what they keep. */
  readonly folder: string
  readonly names?: readonly Name[]
}

export class Crowd implements AsyncDisposable {
  readonly #clients: Map<Name, Client>

  private constructor(clients: Map<Name, Client>) {
    this.#clients = clients
  }

  /** All of them, or those that are named. */
  static async gather({ network, folder, names = NAMES }: CrowdOptions): Promise<Crowd> {
    const clients = new Map<Name, Client>()
    const crowd = new Crowd(clients)
    try {
      for (const name of names) {
        const client = await createNodeClient({ network, folder: join(folder, name) })
        clients.set(name, client)
        await client.createAccount({ displayName: name })
      }
      return crowd
    } catch (error) {
      await crowd[Symbol.asyncDispose]()
      throw error
    }
  }

  client(name: Name): Client {
    const client = this.#clients.get(name)
    if (!client) throw new Error(`${name} is not here`)
    return client
  }

  idOf(name: Name): AccountId {
    const session = this.client(name).session.snapshot
    if (session.kind !== 'ready') throw new Error(`${name} is ${session.kind}`)
    return session.account.accountId
  }

  async say(name: Name, to: AccountId, text: string): Promise<void> {
    const client = this.client(name)
    await client.send(await client.startConversation(to), text)
  }

  /** From now on nobody hears of them; what is written to them waits. */
  async leave(name: Name): Promise<void> {
    const client = this.client(name)
    this.#clients.delete(name)
    await client[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client[Symbol.asyncDispose]()))
  }
}
