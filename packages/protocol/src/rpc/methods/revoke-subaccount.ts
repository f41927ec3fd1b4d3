/** `revoke_subaccount` and `unrevoke_subaccount`: take subaccount tokens out of use, and put them back. Only the owner may. */
import type { UnixMillis } from '../../brand.ts'
import { concatBytes } from '../../bytes/bytes.ts'
import { utf8 } from '../../bytes/utf8.ts'
import type { Owner } from '../../identity/account-id.ts'
import { requestFaults } from '../answers.ts'
import { type Authentication, authFields, type RequestProof, readAuthentication } from '../authentication.ts'
import { integer, owner, required, timestamp } from '../fields.ts'
import { LIMITS } from '../limits.ts'
import { defineMethod, present } from '../method.ts'
import type { SubaccountToken } from '../subaccount.ts'
import { subaccountTokens } from '../subaccount-fields.ts'
import { defineEntry, readSwarmResult, type SwarmResult, writeSwarmResult } from '../swarm-result.ts'
import { checkSignatureTime } from '../time-window.ts'

export type RevocationParams = {
  readonly owner: Owner
  readonly tokens: readonly SubaccountToken[]
  readonly timestamp: UnixMillis
  /** Never with a subaccount. */
  readonly auth: Authentication
}

export type RevokeEntry = Readonly<Record<never, never>>
/** How many tokens were revoked until then. */
export type UnrevokeEntry = { readonly count: number }

type SignedParams = Pick<RevocationParams, 'owner' | 'tokens' | 'timestamp'>

const signedEntry = ({ owner, tokens, timestamp }: SignedParams) => concatBytes(utf8(`${owner}${timestamp}`), ...tokens)

export const revokeEntry = defineEntry({
  fields: {},
  read: (): RevokeEntry => ({}),
  write: () => ({}),
  signed: (params: SignedParams) => signedEntry(params),
})

export const unrevokeEntry = defineEntry({
  fields: { count: integer },
  read: ({ count }): UnrevokeEntry => ({ count: present(count, 'count') }),
  write: ({ count }: UnrevokeEntry) => ({ count }),
  signed: (params: SignedParams) => signedEntry(params),
})

/** No subaccount may revoke: its fields are not even looked at. */
const fields = {
  pubkey: owner(requestFaults.owner),
  pubkey_ed25519: authFields.pubkey_ed25519,
  signature: authFields.signature,
  timestamp,
} as const
const revokedTokens = subaccountTokens({
  max: LIMITS.revokedTokens,
  tooMany: requestFaults.revokedTokens,
  malformed: requestFaults.revokedToken,
})
const unrevokedTokens = subaccountTokens({
  max: LIMITS.unrevokedTokens,
  tooMany: requestFaults.unrevokedTokens,
  malformed: requestFaults.unrevokedToken,
})

export const revokeSubaccount = defineMethod({
  name: 'revoke_subaccount',
  recursive: true,
  notForwarded: [],
  fields: {
    pubkey: fields.pubkey,
    pubkey_ed25519: fields.pubkey_ed25519,
    revoke: revokedTokens,
    signature: fields.signature,
    timestamp,
  },
  read: ({ revoke, ...fields }) => readRevocation(fields, revoke, 'revoke'),
  write: (params: RevocationParams) => ({ ...writeRevocation(params), revoke: params.tokens }),
  access: {
    check: ({ timestamp }, now) => checkSignatureTime('revoke_subaccount', timestamp, now),
    proof: (params) => proofOf('revoke_subaccount', params),
    badSignature: 'revoke_subaccount signature verification failed',
  },
  result: {
    write: (result: SwarmResult<RevokeEntry>, encoding) => writeSwarmResult(revokeEntry, result, encoding),
    read: (body) => readSwarmResult(revokeEntry, body),
  },
})

export const unrevokeSubaccount = defineMethod({
  name: 'unrevoke_subaccount',
  recursive: true,
  notForwarded: [],
  fields: { ...fields, unrevoke: unrevokedTokens },
  read: ({ unrevoke, ...fields }) => readRevocation(fields, unrevoke, 'unrevoke'),
  write: (params: RevocationParams) => ({ ...writeRevocation(params), unrevoke: params.tokens }),
  access: {
    check: ({ timestamp }, now) => checkSignatureTime('unrevoke_subaccount', timestamp, now),
    proof: (params) => proofOf('unrevoke_subaccount', params),
    badSignature: 'unrevoke_subaccount signature verification failed',
  },
  result: {
    write: (result: SwarmResult<UnrevokeEntry>, encoding) => writeSwarmResult(unrevokeEntry, result, encoding),
    read: (body) => readSwarmResult(unrevokeEntry, body),
  },
})

/** @throws {RefusedRequestError} */
function readRevocation(
  values: {
    readonly pubkey: Owner | undefined
    readonly pubkey_ed25519: Authentication['signingKey']
    readonly signature: Authentication['signature'] | undefined
    readonly timestamp: UnixMillis | undefined
  },
  tokens: readonly SubaccountToken[] | undefined,
  name: string,
): RevocationParams {
  const owner = required(values.pubkey, 'pubkey')
  const noSubaccount = { subaccount: undefined, subaccount_sig: undefined }
  const auth = required(readAuthentication(owner, { ...values, ...noSubaccount }), 'signature')
  return {
    owner,
    auth,
    tokens: required(tokens, name),
    timestamp: required(values.timestamp, 'timestamp'),
  }
}

function writeRevocation({ owner, timestamp, auth }: RevocationParams) {
  return { pubkey: owner, pubkey_ed25519: auth.signingKey, signature: auth.signature, timestamp }
}

function proofOf(method: string, { owner, auth, timestamp, tokens }: RevocationParams): RequestProof {
  const signed = concatBytes(utf8(`${method}${timestamp}`), ...tokens)
  return { owner, auth, signed, flags: 0, ignoreRevocation: false }
}
