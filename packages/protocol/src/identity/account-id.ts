/** Account IDs, and owners: whatever has storage of its own in a swarm. */
import type { Brand } from '../brand.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import type { X25519PublicKey } from '../crypto/keys.ts'
import { MalformedInputError } from '../errors.ts'

/** `05` and an X25519 public key: 66 lower-case hex digits. */
export type AccountId = Brand<string, 'AccountId'>

/** An account, a group or anything else with storage: a prefix byte and a 32-byte key, 66 lower-case hex digits. */
export type Owner = AccountId | Brand<string, 'Owner'>

/** `account_id`, with what is wrong, so that an interface can tell a person. */
export class AccountIdError extends MalformedInputError {
  readonly reason: 'length' | 'alphabet' | 'prefix'
  constructor(reason: AccountIdError['reason'], length: number) {
    super('account_id', `${reason}, ${length} characters`)
    this.reason = reason
  }
}

/**
 * Parses an account ID: 66 lower-case hex digits, i.e. the prefix byte `05` and a 32-byte X25519 public key. White space
 * and upper case are refused: an interface that allows them removes them first.
 *
 * @throws {AccountIdError} `account_id`; the reasons are tested in the order length, alphabet, prefix.
 */
export function parseAccountId(text: string): AccountId {
  if (text.length !== 66) throw new AccountIdError('length', text.length)
  if (!/^[0-9a-f]*$/.test(text)) throw new AccountIdError('alphabet', text.length)
  if (!text.startsWith('05')) throw new AccountIdError('prefix', text.length)
  return text as AccountId // the only cast to AccountId in the repository
}

export function encodeAccountId(encryptionKey: X25519PublicKey): AccountId {
  return parseAccountId(`05${toHex(encryptionKey)}`)
}

/** The encryption key that an account ID names: a new array of 32 bytes. */
export function accountIdKey(accountId: AccountId): X25519PublicKey {
  return fromHex(accountId.slice(2)) as X25519PublicKey
}

/**
 * Parses an owner: 66 hex digits of any prefix; upper case is lowered, since signed bytes hold the lower-case form.
 *
 * @throws {MalformedInputError} `owner`
 * @see docs/protocol/identity.md §2
 */
export function parseOwner(text: string): Owner {
  if (!/^[0-9a-fA-F]{66}$/.test(text)) throw new MalformedInputError('owner', `${text.length} characters`)
  return text.toLowerCase() as Owner // the only cast to Owner in the repository
}

/** A new array of 33 bytes: the prefix and the key. */
export function ownerBytes(owner: Owner): Uint8Array {
  return fromHex(owner)
}
