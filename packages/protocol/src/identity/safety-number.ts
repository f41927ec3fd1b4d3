import { compareBytes, concatBytes } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { labels } from '../crypto/labels.ts'
import { type AccountId, ownerBytes } from './account-id.ts'

const GROUPS = 12

/**
 * 60 digits that two accounts get from both of their IDs, whoever computes them: about 199 bits. People compare them in
 * person; a wrong account on either side gives another number.
 *
 * @see docs/protocol/identity.md §6
 */
export function safetyNumber(crypto: Crypto, one: AccountId, other: AccountId): string {
  const [first, second] = [ownerBytes(one), ownerBytes(other)].sort(compareBytes) as [Uint8Array, Uint8Array]
  const hash = crypto.sha512(concatBytes(utf8(labels.safetyNumber), first, second))
  return Array.from({ length: GROUPS }, (_, group) => digits(hash.subarray(group * 5, group * 5 + 5))).join('')
}

/** Five digits of five bytes: 2⁴⁰ is so far above 10⁵ that no digit is likelier than another by more than 10⁻⁷. */
function digits(bytes: Uint8Array): string {
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return String(value % 100_000).padStart(5, '0')
}
