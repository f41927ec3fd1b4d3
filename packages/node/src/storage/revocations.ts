import type { Owner, SubaccountToken } from '@starling/protocol'

/** Revocations come with the methods that make them; until then nothing is revoked. */
export function isRevoked(_owner: Owner, _token: SubaccountToken): boolean {
  return false
}
