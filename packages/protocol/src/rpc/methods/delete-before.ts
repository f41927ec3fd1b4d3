/** `delete_before`: remove the messages that were sent until a time. */
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

export type DeleteBeforeParams = {
  readonly owner: Owner
  readonly namespace: NamespaceOrAll
  /** Messages whose own time is not later go. */
  readonly before: UnixMillis
  readonly auth: Authentication
}

export type DeleteBeforeEntry = { readonly deleted: ChangedHashes }

export const deleteBeforeEntry = defineEntry({
  fields: { deleted: changedHashes },
  read: ({ deleted }): DeleteBeforeEntry => ({ deleted: present(deleted, 'deleted') }),
  write: ({ deleted }: DeleteBeforeEntry) => ({ deleted }),
  signed: ({ owner, before }: Pick<DeleteBeforeParams, 'owner' | 'before'>, { deleted }) =>
    signedChange(owner, before, deleted),
})

export const deleteBefore = defineMethod({
  name: 'delete_before',
  recursive: true,
  notForwarded: [],
  fields: { before: timestamp, namespace: namespaceOrAll, pubkey: owner(requestFaults.owner), ...authFields },
  read(fields): DeleteBeforeParams {
    const owner = required(fields.pubkey, 'pubkey')
    const auth = required(readAuthentication(owner, fields), 'signature')
    const before = required(fields.before, 'before')
    return { owner, namespace: fields.namespace ?? NAMESPACES.messages, before, auth }
  },
  write: ({ owner, namespace, before, auth }) => ({ before, namespace, pubkey: owner, ...writeAuthentication(auth) }),
  access: {
    check: ({ before }, now) =>
      before > now + LIMITS.changeTolerance
        ? { status: 401, body: 'delete_before timestamp too far in the future' }
        : undefined,
    proof: ({ owner, auth, namespace, before }) => ({
      owner,
      auth,
      signed: utf8(`delete_before${namespaceText(namespace)}${before}`),
      flags: SUBACCOUNT_FLAGS.delete,
      ignoreRevocation: false,
    }),
    badSignature: 'delete_before signature verification failed',
  },
  result: {
    write: (result: SwarmResult<DeleteBeforeEntry>, encoding) => writeSwarmResult(deleteBeforeEntry, result, encoding),
    read: (body) => readSwarmResult(deleteBeforeEntry, body),
  },
})
