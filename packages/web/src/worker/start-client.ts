import { forgetApp } from '../pwa/forget-app.ts'
import { trustedScriptUrl } from '../pwa/trusted-scripts.ts'
import type { AccountSlot } from '../state/accounts.ts'
import type { RunningClient } from '../state/app.ts'
import { ClientProxy } from './client-proxy.ts'
import clientWorkerUrl from './client-worker.ts?worker&url'
import { RemoteError } from './error-record.ts'
import { networkChanged } from './messages.ts'

/** A tab that goes lets its client finish, but does not wait for one that hangs. */
const stopPatienceMs = 1_000

export type StartOptions = {
  readonly slot: AccountSlot
  /** Whether no other account is on this device. */
  readonly isAlone: () => boolean
  readonly onBroken: (code: string) => void
}

/** Starts the worker that holds keys and network of one account. */
export function startClient({ slot, isAlone, onBroken }: StartOptions): RunningClient {
  const worker = new Worker(trustedScriptUrl(clientWorkerUrl), { type: 'module', name: slot })
  const client = new ClientProxy(worker, { onBroken })
  const { eraseDevice } = client
  client.eraseDevice = async (options) => {
    options?.signal?.throwIfAborted()
    // What the app keeps in the browser belongs to all accounts together.
    if (isAlone()) await forgetApp()
    await eraseDevice(options)
  }
  worker.addEventListener('error', (event) => {
    event.preventDefault()
    client.break(new RemoteError({ name: 'RemoteError', code: 'worker_failed', fault: 'bug', fields: {} }))
  })
  const tellWorker = (): void => worker.postMessage(networkChanged)
  for (const event of ['online', 'offline']) addEventListener(event, tellWorker)
  return {
    client,
    async stop() {
      for (const event of ['online', 'offline']) removeEventListener(event, tellWorker)
      const patience = new Promise<void>((resolve) => setTimeout(resolve, stopPatienceMs))
      try {
        await Promise.race([client[Symbol.asyncDispose](), patience])
      } catch {
        // It could not close in order: ending the worker closes it all the same.
      }
      worker.terminate()
    },
  }
}
