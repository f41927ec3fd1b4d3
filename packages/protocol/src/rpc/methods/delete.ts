/** `delete`: remove messages by hash. Its signature holds for ever: it covers no time. */
import { utf8 } from '../../bytes/utf8.ts'
import type { Owner } from '../../identity/account-id.ts'
import { requestFaults } from '../answers.ts'
import { type Authentication, authFields, readAuthentication, writeAuthentication } from '../authentication.ts'
import { boolean, hashes, owner, refuse, required } from '../fields.ts'
import type { MessageHash } from '../message-hash.ts'
import { defineMethod, present } from '../method.ts'
import { SUBACCOUNT_FLAGS } from '../subaccount.ts'
import { defineEntry, readSwarmResult, type SwarmResult, writeSwarmResult } from '../swarm-result.ts'

export type DeleteParams = {
  readonly owner: Owner
  /** At least one. */
  readonly messages: readonly MessageHash[]
  /** Answer with 404 if no member had any. Not signed. */
  readonly required: boolean
  readonly auth: Authentication
}

/** `deleted`: those that existed, sorted. */
export type DeleteEntry = { readonly deleted: readonly MessageHash[] }

export const deleteEntry = defineEntry({
  fields: { deleted: hashes },
  read: ({ deleted }): DeleteEntry => ({ deleted: present(deleted, 'deleted') }),
  write: ({ deleted }: DeleteEntry) => ({ deleted }),
  signed: ({ owner, messages }: Pick<DeleteParams, 'owner' | 'messages'>, { deleted }) =>
    utf8(`${owner}${messages.join('')}${deleted.join('')}`),
})

export const deleteMessages = defineMethod({
  name: 'delete',
  recursive: true,
  notForwarded: ['required'],
  fields: {
    messages: hashes,
    pubkey: owner(requestFaults.owner),
    pubkey_ed25519: authFields.pubkey_ed25519,
    required: boolean,
    signature: authFields.signature,
    subaccount: authFields.subaccount,
    subaccount_sig: authFields.subaccount_sig,
  },
  read(fields): DeleteParams {
    const owner = required(fields.pubkey, 'pubkey')
    const messages = required(fields.messages, 'messages')
    if (messages.length === 0) refuse(requestFaults.noHashes())
    const auth = required(readAuthentication(owner, fields), 'signature')
    return { owner, messages, required: fields.required ?? false, auth }
  },
  write: (params) => ({
    messages: params.messages,
    pubkey: params.owner,
    ...writeAuthentication(params.auth),
    required: params.required || undefined,
  }),
  access: {
    check: () => undefined,
    proof: ({ owner, auth, messages }) => ({
      owner,
      auth,
      signed: utf8(`delete${messages.join('')}`),
      flags: SUBACCOUNT_FLAGS.delete,
      ignoreRevocation: false,
    }),
    badSignature: 'delete_msgs signature verification failed',
  },
  result: {
    write: (result: SwarmResult<DeleteEntry>, encoding) => writeSwarmResult(deleteEntry, result, encoding),
    read: (body) => readSwarmResult(deleteEntry, body),
  },
})
