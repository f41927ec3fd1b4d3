/** Requests with their signatures, as a client makes them. */
import type { Signature } from '../crypto/keys.ts'
import type { Authentication, Signer } from './authentication.ts'
import type { Declared } from './method.ts'

const UNSIGNED = new Uint8Array(64) as Signature

/** `params` with a signature, or as they are where none is needed: a store in a public inbox, `get_swarm`. */
export function signRequest<Params extends object>(
  method: Pick<Declared<Params>, 'access'>,
  params: Omit<NoInfer<Params>, 'auth'>,
  signer: Signer,
): Params {
  const { signingKey, subaccount } = signer
  const unsigned: Authentication = { signature: UNSIGNED, signingKey, subaccount }
  const proof = method.access?.proof({ ...params, auth: unsigned } as unknown as Params)
  const auth = proof && { ...unsigned, signature: signer.sign(proof.signed) }
  return { ...params, auth } as unknown as Params
}
