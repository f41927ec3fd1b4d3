/**
 * One client for all tabs of an account. Invariants: the worker of the tab that leads has it, the others pass on what their
 * pages and it say to each other; a page that goes takes the client with it only if its tab leads, and then the next in line
 * opens it again.
 */
import type { Client } from '@starling/client'
import { type SharedService, SharedTabs, type TabPort } from '@starling/client/browser'
import { serveClient } from './client-server.ts'
import { type Port, parseRequest, type Reply } from './messages.ts'
import { transferOf } from './transfer.ts'

export type SharedClientOptions = {
  /** The page of this tab. */
  readonly page: Port
  /** One for each account. */
  readonly name: string
  readonly open: () => Promise<Client>
}

/** Gives the page a client: the one of the tab that leads. Ends when the page says `close`. */
export function shareClient({ page, name, open }: SharedClientOptions): void {
  const tabs = SharedTabs.start({ name: `${name}.client`, lead: () => new ClientService(open()) })
  tabs.port.subscribe((port) => {
    port?.addEventListener('message', ({ data }) => page.postMessage(data, transferOf(data)))
  })
  page.addEventListener('message', ({ data }) => {
    const request = parseRequest(data)
    if (request?.kind === 'close') void leave(tabs, page, request.id)
    // Without a connection it is lost: the page asks again when there is one.
    else tabs.port.snapshot?.postMessage(data, transferOf(data))
  })
}

async function leave(tabs: SharedTabs, page: Port, id: number): Promise<void> {
  try {
    await tabs[Symbol.asyncDispose]()
  } finally {
    page.postMessage({ kind: 'result', id, value: undefined } satisfies Reply)
  }
}

/** The client, and those whom it serves. */
class ClientService implements SharedService {
  readonly #opening: Promise<Client>
  readonly #ends = new Map<TabPort, () => Promise<void>>()

  constructor(opening: Promise<Client>) {
    this.#opening = opening
  }

  serve(port: TabPort): void {
    this.#ends.set(port, serveClient(port, this.#opening))
  }

  gone(port: TabPort): void {
    void this.#ends.get(port)?.()
    this.#ends.delete(port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#ends.values()].map((end) => end()))
    // A client that could not be opened has said so to every page.
    const [opened] = await Promise.allSettled([this.#opening])
    if (opened.status === 'fulfilled') await opened.value[Symbol.asyncDispose]()
  }
}
