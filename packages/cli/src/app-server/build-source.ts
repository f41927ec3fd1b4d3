/** Where a build is looked at: a folder, or whoever serves it. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { MAX_BUILD_FILE } from '@starling/protocol'
import { CliError } from '../cli-error.ts'

const PATIENCE_MS = 30_000

export interface BuildSource {
  /** Whether the empty path gives the page. */
  readonly hasPage: boolean
  /** `undefined` if it is not there. @throws {CliError} `app_build`, if it cannot be had or is too large. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Everything that is there, as far as that can be known; hidden files are nobody's business. */
  list(): readonly string[]
}

/** @throws {CliError} `invalid_input` */
export function openSource(place: string): BuildSource {
  return /^https?:\/\//i.test(place) ? new ServedBuild(place) : new BuildFolder(place)
}

class ServedBuild implements BuildSource {
  readonly hasPage = true
  readonly #base: URL

  constructor(place: string) {
    if (!URL.canParse(place)) throw new CliError('invalid_input', 'This is no URL.')
    this.#base = new URL(place.replace(/[?#].*$/, '').replace(/\/?(index\.html)?$/, '/'))
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const response = await this.#fetch(path)
    if (response.status === 404) return undefined
    if (!response.ok) throw new CliError('app_build', `The server answered ${response.status} for ${path || '/'}.`)
    return readBounded(response)
  }

  list(): readonly string[] {
    return []
  }

  async #fetch(path: string): Promise<Response> {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS)
      return await fetch(new URL(path, this.#base), { redirect: 'error', signal, cache: 'no-store' })
    } catch (error) {
      throw new CliError('app_build', `${this.#base.host} gives out nothing at ${path || '/'}.`, { cause: error })
    }
  }
}

class BuildFolder implements BuildSource {
  readonly hasPage = false
  readonly #folder: string

  constructor(place: string) {
    this.#folder = resolve(place)
    if (!statSync(this.#folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new CliError('invalid_input', `There is no folder ${this.#folder}.`)
    }
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const file = join(this.#folder, path)
    const stat = statSync(file, { throwIfNoEntry: false })
    if (!stat?.isFile()) return undefined
    if (stat.size > MAX_BUILD_FILE) throw tooLarge()
    return readFileSync(file)
  }

  list(): readonly string[] {
    return readdirSync(this.#folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.#folder.length + 1))
      .map((path) => path.split(sep).join('/'))
      .filter((path) => !path.startsWith('.') && !path.includes('/.'))
      .sort()
  }
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_BUILD_FILE) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(): CliError {
  return new CliError('app_build', 'A file is too large to be part of an app.')
}
