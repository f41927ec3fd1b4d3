/** Records of the local store as JSON: written from typed values, parsed once when they are read. */
import { fromUtf8, utf8 } from '@starling/protocol'
import type * as z from 'zod/mini'
import type { RecordName, SealedChange, SealedStore } from './sealed-store.ts'
import { StoreError } from './store-error.ts'

export interface JsonRecord<T> {
  encode(value: T): Uint8Array
  /** @throws {StoreError} `unreadable`, if it was written by a later version. */
  decode(bytes: Uint8Array): T
}

export function jsonRecord<T>(schema: z.ZodMiniType<T>): JsonRecord<T> {
  return {
    encode: (value) => utf8(JSON.stringify(value)),
    decode(bytes) {
      const result = schema.safeParse(parse(bytes))
      if (!result.success) throw new StoreError('unreadable')
      return result.data
    },
  }
}

/** A record of which there is one. */
export class Singleton<T> {
  readonly #record: JsonRecord<T>
  readonly #name: RecordName

  constructor(name: { readonly table: number; readonly partition: string }, record: JsonRecord<T>) {
    this.#name = { ...name, sort: new Uint8Array() }
    this.#record = record
  }

  /** @throws {StoreError} */
  async get(store: SealedStore): Promise<T | undefined> {
    const bytes = await store.get(this.#name)
    return bytes === undefined ? undefined : this.#record.decode(bytes)
  }

  put(value: T): SealedChange {
    return { kind: 'put', name: this.#name, value: this.#record.encode(value) }
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch (error) {
    throw new StoreError('unreadable', { cause: error })
  }
}
