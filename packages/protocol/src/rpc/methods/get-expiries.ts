/** `get_expiries`: when messages will be deleted, as this node has it. */
import type { UnixMillis } from '../../brand.ts'
import { utf8 } from '../../bytes/utf8.ts'
import type { Owner } from '../../identity/account-id.ts'
import { requestFaults } from '../answers.ts'
import { type Authentication, authFields, readAuthentication, writeAuthentication } from '../authentication.ts'
import { owner, refuse, required, strings, timestamp } from '../fields.ts'
import type { MessageHash } from '../message-hash.ts'
import { defineMethod, present, readResult } from '../method.ts'
import { SUBACCOUNT_FLAGS } from '../subaccount.ts'
import { checkSignatureTime } from '../time-window.ts'
import { expiriesByHash } from './expire.ts'

export type GetExpiriesParams = {
  readonly owner: Owner
  /** Not necessarily hashes: what is none is as good as unknown. */
  readonly messages: readonly string[]
  readonly timestamp: UnixMillis
  readonly auth: Authentication
}

/** Unknown messages are left out. */
export type GetExpiriesResult = {
  readonly expiries: readonly { readonly hash: MessageHash; readonly expiry: UnixMillis }[]
}

export const getExpiries = defineMethod({
  name: 'get_expiries',
  recursive: false,
  notForwarded: [],
  fields: { messages: strings, pubkey: owner(requestFaults.owner), ...authFields, timestamp },
  read(fields): GetExpiriesParams {
    const owner = required(fields.pubkey, 'pubkey')
    const messages = required(fields.messages, 'messages')
    if (messages.length === 0) refuse(requestFaults.noHashes())
    const timestamp = required(fields.timestamp, 'timestamp')
    return { owner, messages, timestamp, auth: required(readAuthentication(owner, fields), 'signature') }
  },
  write: ({ owner, messages, timestamp, auth }) => ({
    messages,
    pubkey: owner,
    ...writeAuthentication(auth),
    timestamp,
  }),
  access: {
    check: ({ timestamp }, now) => checkSignatureTime('get_expiries', timestamp, now),
    proof: ({ owner, auth, timestamp, messages }) => ({
      owner,
      auth,
      signed: utf8(`get_expiries${timestamp}${messages.join('')}`),
      flags: SUBACCOUNT_FLAGS.read,
      ignoreRevocation: false,
    }),
    badSignature: 'get_expiries signature verification failed',
  },
  result: {
    write: ({ expiries }: GetExpiriesResult, encoding = 'json') => ({
      expiries: expiriesByHash.write(expiries, encoding),
    }),
    read: (body): GetExpiriesResult => ({
      expiries: present(readResult({ expiries: expiriesByHash }, body, 'json').expiries, 'expiries'),
    }),
  },
})
