/** What a person set for this device, as it is kept. */
import * as z from 'zod/mini'
import type { Settings } from '../settings-api.ts'
import { jsonRecord, Singleton } from '../store/json-record.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'

export const DEFAULT_SETTINGS: Settings = {
  readReceipts: false,
  typing: false,
  deliveryReceipts: true,
  linkPreviews: false,
}

const singleton = new Singleton(
  { table: TABLES.singletons, partition: 'settings' },
  jsonRecord(
    z.object({
      readReceipts: z.boolean(),
      typing: z.boolean(),
      deliveryReceipts: z.boolean(),
      linkPreviews: z.boolean(),
    }),
  ),
)

export async function getSettings(store: SealedStore): Promise<Settings> {
  return (await singleton.get(store)) ?? DEFAULT_SETTINGS
}

export function putSettings(settings: Settings): SealedChange {
  return singleton.put(settings)
}
