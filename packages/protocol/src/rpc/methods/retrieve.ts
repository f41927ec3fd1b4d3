/** `retrieve`: messages of an owner, in the order in which they came to this node. */
import type { Millis, UnixMillis } from '../../brand.ts'
import { utf8 } from '../../bytes/utf8.ts'
import { MalformedInputError } from '../../errors.ts'
import type { Owner } from '../../identity/account-id.ts'
import { requestFaults, rpcAnswers } from '../answers.ts'
import { type Authentication, authFields, readAuthentication, writeAuthentication } from '../authentication.ts'
import {
  boolean,
  data,
  flag,
  hash,
  integer,
  lastHash,
  namespace,
  owner,
  refuse,
  required,
  timestamp,
  wait,
  writeFields,
} from '../fields.ts'
import type { MessageHash } from '../message-hash.ts'
import { defineMethod, present, readResult } from '../method.ts'
import { NAMESPACES, type Namespace, namespaceRules, namespaceText } from '../namespace.ts'
import { SUBACCOUNT_FLAGS } from '../subaccount.ts'
import { checkSignatureTime } from '../time-window.ts'

export type RetrieveParams = {
  readonly owner: Owner
  readonly namespace: Namespace
  /** What came after this one; unknown or absent means from the beginning. */
  readonly lastHash: MessageHash | undefined
  /** 0 and absent: no limit. */
  readonly maxCount: number | undefined
  /** Bytes, or −k for a k-th of the most that a node answers; see `retrieveBudget`. */
  readonly maxSize: number | undefined
  /** Both or none. */
  readonly timestamp: UnixMillis | undefined
  readonly auth: Authentication | undefined
  /** From the newest that came to this node to the oldest, `lastHash` being where it goes on. */
  readonly reverse?: boolean | undefined
  /** Native extension: hold the answer until there is something new, at most this long (0…60 000). */
  readonly wait: Millis | undefined
}

export type RetrievedMessage = {
  readonly hash: MessageHash
  readonly timestamp: UnixMillis
  readonly expiry: UnixMillis
  readonly data: Uint8Array
}

export type RetrieveResult = {
  readonly messages: readonly RetrievedMessage[]
  /** There is more than the budget allowed. */
  readonly more: boolean
}

const ownerField = owner(requestFaults.owner)
const messageFields = { data, expiration: timestamp, hash, timestamp: integer } as const

export const retrieve = defineMethod({
  name: 'retrieve',
  recursive: false,
  notForwarded: [],
  fields: {
    lastHash,
    last_hash: lastHash,
    max_count: integer,
    max_size: integer,
    namespace,
    pubKey: ownerField,
    pubkey: ownerField,
    pubkey_ed25519: authFields.pubkey_ed25519,
    reverse_direction: boolean,
    signature: authFields.signature,
    subaccount: authFields.subaccount,
    subaccount_sig: authFields.subaccount_sig,
    timestamp,
    wait,
  },
  read(fields): RetrieveParams {
    const { pubkey, pubKey, signature, timestamp } = fields
    if (pubkey !== undefined && pubKey !== undefined) refuse(requestFaults.both('pubkey', 'pubKey'))
    const owner = required(pubkey ?? pubKey, 'pubkey')
    if (fields.lastHash !== undefined && fields.last_hash !== undefined)
      refuse(requestFaults.both('last_hash', 'lastHash'))
    const isPrivate = fields.namespace !== undefined && !namespaceRules(fields.namespace).retrieveWithoutAuth
    if (isPrivate || signature !== undefined || timestamp !== undefined || fields.pubkey_ed25519 !== undefined) {
      required(signature, 'signature')
      required(timestamp, 'timestamp')
    }
    return {
      owner,
      namespace: fields.namespace ?? NAMESPACES.messages,
      lastHash: fields.last_hash ?? fields.lastHash,
      maxCount: fields.max_count,
      maxSize: fields.max_size,
      timestamp,
      auth: readAuthentication(owner, fields),
      reverse: fields.reverse_direction,
      wait: fields.wait,
    }
  },
  write: (params) => ({
    lastHash: undefined,
    last_hash: params.lastHash,
    max_count: params.maxCount,
    max_size: params.maxSize,
    namespace: params.namespace === NAMESPACES.messages ? undefined : params.namespace,
    pubKey: undefined,
    pubkey: params.owner,
    ...writeAuthentication(params.auth),
    reverse_direction: params.reverse || undefined,
    timestamp: params.timestamp,
    wait: params.wait,
  }),
  access: {
    check({ namespace, auth, timestamp }, now) {
      if (auth !== undefined && timestamp !== undefined) return checkSignatureTime('retrieve', timestamp, now)
      return namespaceRules(namespace).retrieveWithoutAuth ? undefined : rpcAnswers.retrieveNeedsSignature()
    },
    proof: ({ owner, namespace, timestamp, auth }) =>
      auth && {
        owner,
        auth,
        signed: utf8(`retrieve${namespaceText(namespace)}${timestamp}`),
        flags: SUBACCOUNT_FLAGS.read,
        ignoreRevocation: namespaceRules(namespace).revokedMayRetrieve,
      },
    badSignature: 'retrieve signature verification failed',
  },
  result: {
    write: ({ messages, more }: RetrieveResult, encoding = 'json') => ({
      messages: messages.map(({ expiry, ...message }) =>
        writeFields(messageFields, { ...message, expiration: expiry }, encoding),
      ),
      more,
    }),
    read(body): RetrieveResult {
      const { messages } = body
      if (!Array.isArray(messages)) throw new MalformedInputError('rpc_result', 'no messages')
      return { messages: messages.map(readMessage), more: readResult({ more: flag }, body, 'json').more ?? false }
    },
  },
})

function readMessage(source: unknown): RetrievedMessage {
  const { hash, timestamp, expiration, data } = readResult(messageFields, source, 'json')
  return {
    hash: present(hash, 'hash'),
    timestamp: present(timestamp, 'timestamp') as UnixMillis,
    expiry: present(expiration, 'expiration'),
    data: present(data, 'data'),
  }
}
