/** `delete_all`: remove all messages of a namespace, or of all namespaces. */
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
import { checkSignatureTime } from '../time-window.ts'

export type DeleteAllParams = {
  readonly owner: Owner
  readonly namespace: NamespaceOrAll
  readonly timestamp: UnixMillis
  readonly auth: Authentication
}

export type DeleteAllEntry = { readonly deleted: ChangedHashes }

export const deleteAllEntry = defineEntry({
  fields: { deleted: changedHashes },
  read: ({ deleted }): DeleteAllEntry => ({ deleted: present(deleted, 'deleted') }),
  write: ({ deleted }: DeleteAllEntry) => ({ deleted }),
  signed: ({ owner, timestamp }: Pick<DeleteAllParams, 'owner' | 'timestamp'>, { deleted }) =>
    signedChange(owner, timestamp, deleted),
})

export const deleteAll = defineMethod({
  name: 'delete_all',
  recursive: true,
  notForwarded: [],
  fields: { namespace: namespaceOrAll, pubkey: owner(requestFaults.owner), ...authFields, timestamp },
  read(fields): DeleteAllParams {
    const owner = required(fields.pubkey, 'pubkey')
    const auth = required(readAuthentication(owner, fields), 'signature')
    const timestamp = required(fields.timestamp, 'timestamp')
    return { owner, namespace: fields.namespace ?? NAMESPACES.messages, timestamp, auth }
  },
  write: ({ owner, namespace, timestamp, auth }) => ({
    namespace,
    pubkey: owner,
    ...writeAuthentication(auth),
    timestamp,
  }),
  access: {
    check: ({ timestamp }, now, isForwarded) =>
      checkSignatureTime(
        'delete_all',
        timestamp,
        now,
        isForwarded ? LIMITS.forwardedTolerance : LIMITS.signatureTolerance,
      ),
    proof: ({ owner, auth, namespace, timestamp }) => ({
      owner,
      auth,
      signed: utf8(`delete_all${namespaceText(namespace)}${timestamp}`),
      flags: SUBACCOUNT_FLAGS.delete,
      ignoreRevocation: false,
    }),
    badSignature: 'delete_all signature verification failed',
  },
  result: {
    write: (result: SwarmResult<DeleteAllEntry>, encoding) => writeSwarmResult(deleteAllEntry, result, encoding),
    read: (body) => readSwarmResult(deleteAllEntry, body),
  },
})
