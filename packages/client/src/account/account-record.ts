/** The account as this device keeps it. */
import {
  type AccountSeed,
  type DisplayName,
  fromBase64,
  type ProfilePicture,
  parseAccountSeed,
  parseDisplayName,
  toBase64,
} from '@starling/protocol'
import * as z from 'zod/mini'
import { jsonRecord, Singleton } from '../store/json-record.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'

export type AccountRecord = {
  readonly seed: AccountSeed
  /** `undefined`: restored, and no name was found yet. */
  readonly displayName: DisplayName | undefined
  /** When name or picture was set: seconds of network time. */
  readonly nameUpdated: number
  readonly phraseConfirmed: boolean
  readonly picture?: ProfilePicture | undefined
}

const storedSchema = z.object({
  seed: z.string(),
  displayName: z.optional(z.string()),
  nameUpdated: z.number(),
  phraseConfirmed: z.boolean(),
  picture: z.optional(z.object({ url: z.string(), key: z.string() })),
})
type StoredAccount = z.infer<typeof storedSchema>

const stored = jsonRecord(storedSchema)
const singleton = new Singleton({ table: TABLES.singletons, partition: 'account' }, stored)

export async function getAccount(store: SealedStore): Promise<AccountRecord | undefined> {
  const found = await singleton.get(store)
  return found && accountOf(found)
}

/** A record that was not read from here. @throws {StoreError} `unreadable` @throws {MalformedInputError} */
export function decodeAccount(bytes: Uint8Array): AccountRecord {
  return accountOf(stored.decode(bytes))
}

function accountOf(found: StoredAccount): AccountRecord {
  const { displayName, picture } = found
  return {
    ...found,
    seed: parseAccountSeed(fromBase64(found.seed)),
    displayName: displayName === undefined ? undefined : parseDisplayName(displayName),
    picture: picture && { url: picture.url, key: fromBase64(picture.key) },
  }
}

export function putAccount(account: AccountRecord): SealedChange {
  const { seed, displayName, nameUpdated, phraseConfirmed, picture } = account
  return singleton.put({
    seed: toBase64(seed),
    ...(displayName === undefined ? {} : { displayName }),
    nameUpdated,
    phraseConfirmed,
    ...(picture && { picture: { url: picture.url, key: toBase64(picture.key) } }),
  })
}
