/** `expire_all`: let all messages of a namespace, or of all, expire sooner. It only ever shortens. */
import type { UnixMillis } from '../../brand.ts'
import { utf8 } from '../../bytes/utf8.ts'
import type { Owner } from '../../identity/account-id.ts'
import { requestFaults } from '../answers.ts'
import { type Authentication, authFields, readAuthentication, writeAuthentication } from '../authentication.ts'
import { type ChangedHashes, changedHashes, signedChange } from '../changed-hashes.ts'
import { namespaceOrAll, owner, required, timestamp } from '../fields.ts'
import { LIMITS } from '../limits.ts'
import { defineMethod, present } from '../method.ts'
import { NAMESPACES, type NamespaceOrAll, namespaceText } from '../namespace.ts'
import { SUBACCOUNT_FLAGS } from '../subaccount.ts'
import { defineEntry, readSwarmResult, type SwarmResult, writeSwarmResult } from '../swarm-result.ts'

export type ExpireAllParams = {
  readonly owner: Owner
  readonly namespace: NamespaceOrAll
  readonly expiry: UnixMillis
  readonly auth: Authentication
}

export type ExpireAllEntry = { readonly updated: ChangedHashes }

export const expireAllEntry = defineEntry({
  fields: { updated: changedHashes },
  read: ({ updated }): ExpireAllEntry => ({ updated: present(updated, 'updated') }),
  write: ({ updated }: ExpireAllEntry) => ({ updated }),
  signed: ({ owner, expiry }: Pick<ExpireAllParams, 'owner' | 'expiry'>, { updated }) =>
    signedChange(owner, expiry, updated),
})

export const expireAll = defineMethod({
  name: 'expire_all',
  recursive: true,
  notForwarded: [],
  fields: { expiry: timestamp, namespace: namespaceOrAll, pubkey: owner(requestFaults.owner), ...authFields },
  read(fields): ExpireAllParams {
    const owner = required(fields.pubkey, 'pubkey')
    const auth = required(readAuthentication(owner, fields), 'signature')
    const expiry = required(fields.expiry, 'expiry')
    return { owner, namespace: fields.namespace ?? NAMESPACES.messages, expiry, auth }
  },
  write: ({ owner, namespace, expiry, auth }) => ({ expiry, namespace, pubkey: owner, ...writeAuthentication(auth) }),
  access: {
    check: ({ expiry }, now, isForwarded) =>
      expiry < now - (isForwarded ? LIMITS.forwardedTolerance : LIMITS.changeTolerance)
        ? { status: 406, body: 'expire_all timestamp should be >= current time' }
        : undefined,
    proof: ({ owner, auth, namespace, expiry }) => ({
      owner,
      auth,
      signed: utf8(`expire_all${namespaceText(namespace)}${expiry}`),
      flags: SUBACCOUNT_FLAGS.delete,
      ignoreRevocation: false,
    }),
    badSignature: 'expire_all signature verification failed',
  },
  result: {
    write: (result: SwarmResult<ExpireAllEntry>, encoding) => writeSwarmResult(expireAllEntry, result, encoding),
    read: (body) => readSwarmResult(expireAllEntry, body),
  },
})
