/** Subaccount tokens: limited access to an owner's storage, signed by the owner. @see docs/protocol/storage-rpc.md §2 */
import type { Brand } from '../brand.ts'
import type { Ed25519PublicKey } from '../crypto/keys.ts'
import { MalformedInputError } from '../errors.ts'

/** 36 bytes: prefix, flags, two zeros, Ed25519 public key. */
export type SubaccountToken = Brand<Uint8Array, 'SubaccountToken'>

/** What a token allows, as bits. */
export const SUBACCOUNT_FLAGS = { read: 1, write: 2, delete: 4, anyPrefix: 8 } as const

const SIZE = 36

/** @throws {MalformedInputError} `public_key`, if it has not 36 bytes. */
export function parseSubaccountToken(bytes: Uint8Array): SubaccountToken {
  if (bytes.length !== SIZE) throw new MalformedInputError('public_key', `${bytes.length} bytes`)
  return bytes as SubaccountToken
}

/** `key` shares the memory of the token. */
export function subaccountTokenParts(token: SubaccountToken): { prefix: number; flags: number; key: Ed25519PublicKey } {
  return { prefix: token[0]!, flags: token[1]!, key: token.subarray(4) as Ed25519PublicKey }
}

export function hasSubaccountFlags(token: SubaccountToken, needed: number): boolean {
  return (subaccountTokenParts(token).flags & needed) === needed
}
