/**
 * The config objects of an account, in memory and on the disk. Invariant: what is in memory is newer than what is on the disk,
 * or the same; a dump is made when it is written, so that a late write never puts back an old state. While the rest of the
 * client acts on what another device changed, dumps say what it has not acted on yet.
 */
import {
  type ConfigDict,
  type ConfigState,
  type Crypto,
  configData,
  decodeConfigState,
  decodeToldData,
  EMPTY_CONFIG,
  editOwnConfig,
  encodeConfigState,
  type MutableDict,
  OWN_CONFIGS,
  type OwnConfigName,
} from '@starling/protocol'
import type { RecordName, SealedChange, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'

export const CONFIG_NAMES = Object.keys(OWN_CONFIGS) as readonly OwnConfigName[]

export class ConfigStates {
  readonly #crypto: Crypto
  readonly #states: Record<OwnConfigName, ConfigState> = {
    profile: EMPTY_CONFIG,
    contacts: EMPTY_CONFIG,
    userGroups: EMPTY_CONFIG,
    conversationInfo: EMPTY_CONFIG,
  }

  readonly #told = new Map<OwnConfigName, ConfigDict>()

  constructor(crypto: Crypto) {
    this.#crypto = crypto
  }

  /** @throws {StoreError} */
  async load(store: SealedStore): Promise<void> {
    for (const name of CONFIG_NAMES) {
      const bytes = await store.get(recordOf(name))
      if (bytes === undefined) continue
      this.#states[name] = decodeConfigState(this.#crypto, bytes)
      const told = decodeToldData(bytes)
      if (told !== undefined) this.#told.set(name, told)
    }
  }

  get(name: OwnConfigName): ConfigState {
    return this.#states[name]
  }

  data(name: OwnConfigName): ConfigDict {
    return configData(this.#states[name])
  }

  set(name: OwnConfigName, state: ConfigState): void {
    this.#states[name] = state
  }

  /** The data that was acted on; `undefined`: what there is. */
  told(name: OwnConfigName): ConfigDict | undefined {
    return this.#told.get(name)
  }

  /** Takes what another device changed: until `setTold` it counts as not acted on. */
  setMerged(name: OwnConfigName, state: ConfigState): void {
    if (!this.#told.has(name)) this.#told.set(name, this.data(name))
    this.#states[name] = state
  }

  setTold(name: OwnConfigName): void {
    this.#told.delete(name)
  }

  /** What must be written for it: nothing, if nothing changed. */
  edit(name: OwnConfigName, edit: (data: MutableDict) => void): readonly SealedChange[] {
    const before = this.#states[name]
    this.#states[name] = editOwnConfig(this.#crypto, before, edit)
    return this.#states[name] === before ? [] : [this.dump(name)]
  }

  dump(name: OwnConfigName): SealedChange {
    const encode = () => encodeConfigState(this.#crypto, this.#states[name], this.#told.get(name))
    return {
      kind: 'put',
      name: recordOf(name),
      get value() {
        return encode()
      },
    }
  }
}

function recordOf(name: OwnConfigName): RecordName {
  return { table: TABLES.singletons, partition: name, sort: new Uint8Array() }
}
