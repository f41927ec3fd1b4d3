/** The real app on a real local network: nodes as processes, the built app served, a browser for every person. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type AppServer, type LocalNetwork, startAppServer } from '@starling/cli'
import { type AccountId, accountIdKey, formatNetworkFile } from '@starling/protocol'
import { Ground, type NetworkChange } from './ground.ts'
import type { OutsideWorld } from './outside-world.ts'
import { Person } from './person.ts'
import { chromiumPath, type Look, Profile } from './profile.ts'

/** The built app. */
export const APP = fileURLToPath(new URL('../../../web/dist', import.meta.url))

/** Given as a test's `skip`: false, or what to type. */
export const cannotRun = !existsSync(chromiumPath)
  ? 'there is no Chromium: sudo apt-get install chromium, or STARLING_CHROMIUM=/path/to/chromium'
  : !existsSync(join(APP, 'index.html')) && 'the app is not built: npm run build'

export class AppStage implements AsyncDisposable {
  readonly #ground: Ground
  readonly #folder: string
  #app: AppServer
  readonly #stack: AsyncDisposableStack
  readonly #profiles: Profile[] = []

  private constructor(parts: { ground: Ground; folder: string; app: AppServer; stack: AsyncDisposableStack }) {
    this.#ground = parts.ground
    this.#folder = parts.folder
    this.#app = parts.app
    this.#stack = parts.stack
  }

  /** With a network of its own; `network`: in what it differs from the usual one. */
  static async open({ network = {} }: { network?: NetworkChange } = {}): Promise<AppStage> {
    await using stack = new AsyncDisposableStack()
    const stage = await AppStage.on(stack.use(await Ground.open({ network })))
    stage.#stack.use(stack.move())
    return stage
  }

  /** `ground` outlives the stage. */
  static async on(ground: Ground): Promise<AppStage> {
    await using stack = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'starling-app-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
    const networkFile = formatNetworkFile(ground.network.networkFile)
    const app = await startAppServer({ folder: APP, networkFile, port: 0 })
    return new AppStage({ ground, folder, app, stack: stack.move() })
  }

  get network(): LocalNetwork {
    return this.#ground.network
  }

  get outside(): OutsideWorld {
    return this.#ground.outside
  }

  get url(): string {
    return this.#app.url
  }

  /** Who serves the app is gone; the nodes stay. */
  async stopServing(): Promise<void> {
    await this.#app[Symbol.asyncDispose]()
  }

  /** At the same place; `folder`: another build. */
  async serveAgain(folder = APP): Promise<void> {
    await this.stopServing()
    const networkFile = formatNetworkFile(this.network.networkFile)
    this.#app = await startAppServer({ folder, networkFile, port: this.#app.port })
  }

  /** Somebody with a browser of their own, open at the app; there is no account yet. `url`: at another place that has it. */
  async person(name: string, look: Look = {}, url = this.url): Promise<Person> {
    const folder = mkdtempSync(join(this.#folder, 'profile-'))
    const profile = await Profile.open({ folder, url, flags: this.outside.flags, look, shared: this.#ground.browser })
    this.#profiles.push(profile)
    return new Person(name, profile)
  }

  /** Two people who have accounts and are in each other's contacts; both are in the chat. */
  async pair(look: Look = {}): Promise<readonly [alice: Person, bob: Person]> {
    const [alice, bob] = await Promise.all([this.person('Alice', look), this.person('Bob', look)])
    await Promise.all([alice.createAccount(), bob.createAccount()])
    await alice.addContact(await bob.copyAccountId())
    await alice.write('hello Bob')
    await alice.seesStored('hello Bob')
    await bob.openRequest('Alice')
    await bob.accept()
    return [alice, bob]
  }

  /** Names of the nodes that keep an account's messages, without the one that forms directories: it is alone in that. */
  async expendableSwarmOf(account: AccountId): Promise<readonly string[]> {
    const members = (await this.network.directory())?.swarmOf(accountIdKey(account))?.members ?? []
    const ids = members.map(({ descriptor }) => descriptor.nodeId)
    return this.network.nodes
      .filter(({ nodeId, name }) => ids.includes(nodeId) && name !== '01')
      .map(({ name }) => name)
  }

  /** Closes all browsers; what went wrong in any of them since the last time. */
  async closeBrowsers(): Promise<readonly string[]> {
    const profiles = this.#profiles.splice(0)
    await Promise.all(profiles.map((profile) => profile.close()))
    const asked = this.outside.takeAsked().map((what) => `asked the outside world for ${what}`)
    return [...profiles.flatMap(({ failures }) => failures), ...asked]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeBrowsers()
    await this.#app[Symbol.asyncDispose]()
    await this.#stack.disposeAsync()
  }
}
