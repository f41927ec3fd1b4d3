/**
 * What the service worker keeps and answers with. Invariants: a build is kept whole or not at all, and every file of it is
 * what the build's list says; a page is answered from one build, its own; nothing but files of the app is ever kept, apart
 * from the network file and a text that was shared; once the build is gone, nothing is: the device was erased, and the page
 * that it still serves must not bring anything back. docs/app.md §3.
 */

export type AppFile = { readonly path: string; readonly size: number; readonly integrity: string }
export type AppBuild = { readonly release: string; readonly id: string; readonly files: readonly AppFile[] }

export type AppCachePorts = {
  readonly build: AppBuild
  /** Where the app is: a URL with a slash at its end. */
  readonly base: string
  readonly caches: Pick<CacheStorage, 'open' | 'keys' | 'delete' | 'has' | 'match'>
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
}

/** Kept apart from builds: it outlives them. */
const NETWORK_FILE = 'network.json'
/** Whoever is on a network that swallows packets starts with what was kept. */
const NETWORK_FILE_PATIENCE_MS = 3_000
const FILES_AT_ONCE = 6
/** In UTF-16 units; a message has 2,000 characters at most. */
const LONGEST_SHARED_TEXT = 20_000

export const namesOf = (base: string) => ({
  /** Caches of builds begin so. */
  build: `starling-app ${base} `,
  network: `starling-network ${base}`,
  shared: `starling-shared ${base}`,
  /** The key of a shared text in its cache. */
  sharedText: `${base}share/pending`,
})

export class AppCache {
  readonly #ports: AppCachePorts
  readonly #files: ReadonlyMap<string, AppFile>
  readonly #names: ReturnType<typeof namesOf>
  readonly #own: string

  constructor(ports: AppCachePorts) {
    this.#ports = ports
    this.#files = new Map(ports.build.files.map((file) => [file.path, file]))
    this.#names = namesOf(ports.base)
    this.#own = this.#names.build + ports.build.id
  }

  /** Fetches and keeps all files of the build. Rejects if one cannot be had or is not what it should be; then none is kept. */
  async install(): Promise<void> {
    const { caches, build } = this.#ports
    const cache = await caches.open(this.#own)
    try {
      for (let at = 0; at < build.files.length; at += FILES_AT_ONCE) {
        await Promise.all(build.files.slice(at, at + FILES_AT_ONCE).map((file) => this.#keep(cache, file)))
      }
    } catch (error) {
      await caches.delete(this.#own)
      throw error
    }
    // The page that is open has it already. Whoever serves none yet, or fails now, is asked again at the next start.
    await this.#networkFile().catch(() => undefined)
  }

  /** Lets older builds go, but for the last one: tabs may still show it and load parts of it. */
  async dropOld(): Promise<void> {
    const { caches } = this.#ports
    const old = (await caches.keys()).filter((name) => name.startsWith(this.#names.build) && name !== this.#own)
    await Promise.all(old.slice(0, -1).map((name) => caches.delete(name)))
  }

  /** `undefined`: not ours to answer. */
  respond(request: Request): Promise<Response> | undefined {
    const { base } = this.#ports
    if (!request.url.startsWith(base)) return undefined
    const path = request.url.slice(base.length).split(/[?#]/, 1)[0]!
    if (request.method === 'POST') return path === 'share' ? this.#takeShared(request) : undefined
    if (request.method !== 'GET') return undefined
    if (path === NETWORK_FILE) return this.#networkFile()
    const file = this.#files.get(path === '' ? 'index.html' : path)
    if (file !== undefined) return this.#answer(file)
    return path.startsWith('assets/') ? this.#ofOtherBuild(request) : undefined
  }

  async #keep(cache: Cache, file: AppFile): Promise<Response> {
    const response = await this.#fetch(file)
    await cache.put(this.#ports.base + file.path, response.clone())
    return response
  }

  /** Rejects if it is not what it should be. */
  async #fetch(file: AppFile): Promise<Response> {
    const { base, fetch } = this.#ports
    const response = await fetch(base + file.path, {
      // Asks the server whether a copy in the browser still holds; its headers are those of today then.
      cache: 'no-cache',
      credentials: 'omit',
      redirect: 'error',
      integrity: file.integrity,
    })
    if (!response.ok) throw new TypeError(`status ${response.status} for a file of the app`)
    return response
  }

  async #isGone(): Promise<boolean> {
    return !(await this.#ports.caches.has(this.#own))
  }

  /** A browser that is short of space may have let go of a file: it is fetched and checked again. */
  async #answer(file: AppFile): Promise<Response> {
    const { base, caches } = this.#ports
    if (await this.#isGone()) return this.#fetch(file)
    const cache = await caches.open(this.#own)
    return (await cache.match(base + file.path)) ?? this.#keep(cache, file)
  }

  async #ofOtherBuild(request: Request): Promise<Response> {
    const { caches, fetch } = this.#ports
    return (await caches.match(request.url)) ?? fetch(request.url, { credentials: 'omit' })
  }

  /** The newest if it can be had, else the one that was had last. */
  async #networkFile(): Promise<Response> {
    const { base, caches, fetch } = this.#ports
    const url = base + NETWORK_FILE
    const signal = AbortSignal.timeout(NETWORK_FILE_PATIENCE_MS)
    const asking = { cache: 'no-cache', credentials: 'omit', redirect: 'error', signal } as const
    if (await this.#isGone()) return fetch(url, asking)
    const cache = await caches.open(this.#names.network)
    try {
      const response = await fetch(url, asking)
      if (response.ok) await cache.put(url, response.clone())
      return response.ok ? response : ((await cache.match(url)) ?? response)
    } catch (error) {
      const kept = await cache.match(url)
      if (kept === undefined) throw error
      return kept
    }
  }

  /** Keeps what another app shares until the page takes it; no server sees it. */
  async #takeShared(request: Request): Promise<Response> {
    const { base, caches } = this.#ports
    const form = await request.formData()
    const parts = ['title', 'text', 'url'].flatMap((name) => {
      const value = form.get(name)
      return typeof value === 'string' && value.trim() !== '' ? [value.trim()] : []
    })
    const text = [...new Set(parts)].join('\n').slice(0, LONGEST_SHARED_TEXT)
    const cache = await caches.open(this.#names.shared)
    await cache.put(this.#names.sharedText, new Response(text))
    return Response.redirect(`${base}#/share`, 303)
  }
}
