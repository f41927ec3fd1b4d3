/** JSON records that say in which form they are, so that a later version knows what it reads. Form 1 does not say it. */
import { fromUtf8, utf8 } from '@starling/protocol'
import * as z from 'zod/mini'
import type { JsonRecord } from '../store/json-record.ts'
import { StoreError } from '../store/store-error.ts'

const header = z.object({ version: z.optional(z.int()) })

/**
 * Writes form `version`, and reads every form up to it: what a later form added must be optional in `schema`, or given by
 * `upgrade`, which sees records of earlier forms.
 */
export function versionedRecord<T extends object>(
  version: number,
  schema: z.ZodMiniType<T>,
  upgrade: (record: unknown) => unknown = (record) => record,
): JsonRecord<T> {
  return {
    encode: (value) => utf8(JSON.stringify({ ...value, version })),
    decode(bytes) {
      const record = parse(bytes)
      const found = header.safeParse(record)
      if (!found.success || (found.data.version ?? 1) > version) throw new StoreError('unreadable')
      const result = schema.safeParse((found.data.version ?? 1) < version ? upgrade(record) : record)
      if (!result.success) throw new StoreError('unreadable')
      return result.data
    },
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch (error) {
    throw new StoreError('unreadable', { cause: error })
  }
}
