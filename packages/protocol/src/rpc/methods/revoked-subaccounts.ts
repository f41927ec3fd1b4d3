/** `revoked_subaccounts`: which tokens this node holds to be revoked. */
import type { UnixMillis } from '../../brand.ts'
import { utf8 } from '../../bytes/utf8.ts'
import type { Owner } from '../../identity/account-id.ts'
import { requestFaults } from '../answers.ts'
import { type Authentication, authFields, readAuthentication } from '../authentication.ts'
import { owner, required, timestamp } from '../fields.ts'
import { LIMITS } from '../limits.ts'
import { defineMethod, present, readResult } from '../method.ts'
import type { SubaccountToken } from '../subaccount.ts'
import { subaccountTokens } from '../subaccount-fields.ts'
import { checkSignatureTime } from '../time-window.ts'

export type RevokedSubaccountsParams = {
  readonly owner: Owner
  readonly timestamp: UnixMillis
  /** By the owner's own 32 bytes, for whatever prefix: a signing key that is given is not used. */
  readonly auth: Authentication
}

/** At most 50. */
export type RevokedSubaccountsResult = { readonly tokens: readonly SubaccountToken[] }

const tokens = subaccountTokens({
  max: LIMITS.revokedTokens,
  tooMany: requestFaults.revokedTokens,
  malformed: requestFaults.revokedToken,
})

export const revokedSubaccounts = defineMethod({
  name: 'revoked_subaccounts',
  recursive: false,
  notForwarded: [],
  fields: {
    pubkey: owner(requestFaults.owner),
    pubkey_ed25519: authFields.pubkey_ed25519,
    signature: authFields.signature,
    timestamp,
  },
  read(fields): RevokedSubaccountsParams {
    const owner = required(fields.pubkey, 'pubkey')
    const noSubaccount = { subaccount: undefined, subaccount_sig: undefined }
    const auth = required(readAuthentication(owner, { ...fields, ...noSubaccount }), 'signature')
    return { owner, timestamp: required(fields.timestamp, 'timestamp'), auth }
  },
  write: ({ owner, timestamp, auth }) => ({
    pubkey: owner,
    pubkey_ed25519: auth.signingKey,
    signature: auth.signature,
    timestamp,
  }),
  access: {
    check: ({ timestamp }, now) => checkSignatureTime('revoked_subaccounts', timestamp, now),
    proof: ({ owner, auth, timestamp }) => ({
      owner,
      auth: { ...auth, signingKey: undefined },
      signed: utf8(`revoked_subaccounts${timestamp}`),
      flags: 0,
      ignoreRevocation: false,
    }),
    badSignature: 'revoked_subaccounts signature verification failed',
  },
  result: {
    write: (result: RevokedSubaccountsResult, encoding = 'json') => ({
      revoked_subaccounts: tokens.write(result.tokens, encoding),
    }),
    read: (body): RevokedSubaccountsResult => ({
      tokens: present(readResult({ revoked_subaccounts: tokens }, body, 'json').revoked_subaccounts, 'tokens'),
    }),
  },
})
