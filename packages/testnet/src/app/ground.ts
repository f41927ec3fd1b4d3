/** What stages stand on: a local network, nothing where the internet would be, and a browser, if it is to be shared. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalNetwork, type LocalNetworkOptions, startLocalNetwork } from '@starling/cli'
import type { Browser } from 'playwright-core'
import { OutsideWorld } from './outside-world.ts'
import { launchShared } from './profile.ts'

export type NetworkChange = Pick<LocalNetworkOptions, 'outside' | 'program'>

export class Ground implements AsyncDisposable {
  readonly network: LocalNetwork
  readonly outside: OutsideWorld
  /** For everybody who needs none of their own. */
  readonly browser: Browser | undefined
  readonly #stack: AsyncDisposableStack

  private constructor(parts: {
    network: LocalNetwork
    outside: OutsideWorld
    browser: Browser | undefined
    stack: AsyncDisposableStack
  }) {
    this.network = parts.network
    this.outside = parts.outside
    this.browser = parts.browser
    this.#stack = parts.stack
  }

  /** `appFolder`: every node gives out the app in it as well. `network`: in what it differs from the usual one. */
  static async open({
    appFolder,
    sharesBrowser = false,
    network: more = {},
  }: {
    appFolder?: string
    sharesBrowser?: boolean
    network?: NetworkChange
  } = {}): Promise<Ground> {
    await using stack = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'starling-ground-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
    const network = stack.use(
      await startLocalNetwork({
        folder: join(folder, 'network'),
        portBase: 'any',
        ...more,
        ...(appFolder !== undefined && { appFolder }),
      }),
    )
    const outside = stack.use(await OutsideWorld.open())
    const browser = sharesBrowser ? await launchShared(outside.flags) : undefined
    if (browser !== undefined) stack.defer(() => browser.close())
    return new Ground({ network, outside, browser, stack: stack.move() })
  }

  /** Starts the nodes that do not run, as somebody may have left them. */
  async heal(): Promise<void> {
    const gone = this.network.nodes.filter(({ pid }) => pid === undefined)
    await Promise.all(gone.map(({ name }) => this.network.restart(name)))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}
