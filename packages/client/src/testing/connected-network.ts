/** The network below an account, connected to a fake one of 16 nodes, for tests of requests. */
import { seconds } from '@starling/protocol'
import { TaskGroup } from '@starling/runtime'
import { Network } from '../network.ts'
import { parseStoreKey } from '../store/key-vault.ts'
import { MemoryDisk, MemoryStore } from '../store/memory-store.ts'
import { SealedStore } from '../store/sealed-store.ts'
import { FakeNetwork } from './fake-network.ts'

export type ConnectedNetwork = AsyncDisposable & { readonly net: FakeNetwork; readonly network: Network }

/** A task that fails makes its end fail. */
export async function connectedNetwork(): Promise<ConnectedNetwork> {
  const net = new FakeNetwork({ nodes: 16 })
  const { file, clock, random, crypto, log: logger } = net
  const key = parseStoreKey(new Uint8Array(32).fill(1))
  const store = await SealedStore.open({ store: new MemoryStore(new MemoryDisk()), key, crypto, random })
  const failures: unknown[] = []
  const tasks = new TaskGroup({ onFailure: (_task, error) => failures.push(error) })
  const transport = net.device()
  const ports = { network: file, clock, random, crypto, logger, transport, canReach: () => true, tasks }
  const network = new Network(ports, store)
  network.start()
  await net.until(() => network.isConnected)
  await clock.advance(seconds(5))
  const end = async () => {
    await tasks[Symbol.asyncDispose]()
    if (failures.length > 0) throw failures[0]
  }
  return { net, network, [Symbol.asyncDispose]: end }
}
