/** `store`: keep a message for its owner. */
import { type UnixMillis, unixMillis } from '../../brand.ts'
import { utf8 } from '../../bytes/utf8.ts'
import type { Owner } from '../../identity/account-id.ts'
import { requestFaults } from '../answers.ts'
import {
  type Authentication,
  authFields,
  type RequestProof,
  readAuthentication,
  writeAuthentication,
} from '../authentication.ts'
import { data, flag, hash, looseCount, namespace, owner, refuse, required, timestamp } from '../fields.ts'
import type { MessageHash } from '../message-hash.ts'
import { defineMethod, present, readResult } from '../method.ts'
import { NAMESPACES, type Namespace, namespaceRules, namespaceText } from '../namespace.ts'
import { decideStore } from '../store-rules.ts'
import { SUBACCOUNT_FLAGS } from '../subaccount.ts'
import { defineEntry, readSwarmResult, type SwarmResult, writeSwarmResult } from '../swarm-result.ts'

export type StoreParams = {
  readonly owner: Owner
  readonly namespace: Namespace
  /** The sender's time of the message. */
  readonly timestamp: UnixMillis
  readonly expiry: UnixMillis
  /** At most 76 800 bytes. */
  readonly data: Uint8Array
  readonly auth: Authentication | undefined
  /** The time that is signed, if it is not `timestamp`. */
  readonly signedAt: UnixMillis | undefined
}

export type StoreEntry = {
  readonly hash: MessageHash
  /** When the member will delete it. */
  readonly expiry: UnixMillis
  /** It was there before. */
  readonly already: boolean
}

export type StoreResult = SwarmResult<StoreEntry> & { readonly hash: MessageHash }

export const storeEntry = defineEntry({
  fields: { already: flag, expiry: timestamp, hash },
  read: ({ already, expiry, hash }): StoreEntry => ({
    hash: present(hash, 'hash'),
    expiry: present(expiry, 'expiry'),
    already: already ?? false,
  }),
  write: ({ already, ...rest }: StoreEntry) => ({ ...rest, already: already || undefined }),
  signed: (_params: unknown, { hash }: StoreEntry) => storeReceiptBytes(hash),
})

const ownerField = owner(requestFaults.owner)

export const store = defineMethod({
  name: 'store',
  recursive: true,
  notForwarded: [],
  fields: {
    data,
    expiry: timestamp,
    namespace,
    pubKey: ownerField,
    pubkey: ownerField,
    pubkey_ed25519: authFields.pubkey_ed25519,
    sig_timestamp: timestamp,
    signature: authFields.signature,
    subaccount: authFields.subaccount,
    subaccount_sig: authFields.subaccount_sig,
    timestamp: looseCount,
    ttl: looseCount,
  },
  read(fields): StoreParams {
    const { pubkey, pubKey, expiry, ttl } = fields
    if (pubkey !== undefined && pubKey !== undefined) refuse(requestFaults.both('pubkey', 'pubKey'))
    const owner = required(pubkey ?? pubKey, 'pubkey')
    const timestamp = unixMillis(required(fields.timestamp, 'timestamp'))
    if (expiry !== undefined && ttl !== undefined) refuse(requestFaults.both('expiry', 'ttl'))
    if (expiry === undefined && ttl === undefined) refuse("Required field 'expiry' or 'ttl' missing")
    return {
      owner,
      namespace: fields.namespace ?? NAMESPACES.messages,
      timestamp,
      expiry: expiry ?? unixMillis(timestamp + ttl!),
      data: required(fields.data, 'data'),
      auth: readAuthentication(owner, fields),
      signedAt: fields.sig_timestamp,
    }
  },
  write: (params) => ({
    data: params.data,
    expiry: params.expiry,
    namespace: params.namespace === NAMESPACES.messages ? undefined : params.namespace,
    pubKey: undefined,
    pubkey: params.owner,
    ...writeAuthentication(params.auth),
    sig_timestamp: params.signedAt,
    timestamp: params.timestamp,
    ttl: undefined,
  }),
  access: {
    check(params, now) {
      const decision = decideStore(params, now)
      return decision.kind === 'refused' ? decision.answer : undefined
    },
    proof: (params) => storeProof(params),
    badSignature: 'store signature verification failed',
  },
  result: {
    write: (result: StoreResult, encoding) => ({
      ...writeSwarmResult(storeEntry, result, encoding),
      hash: result.hash,
    }),
    read: (body): StoreResult => ({
      ...readSwarmResult(storeEntry, body),
      hash: present(readResult({ hash }, body, 'json').hash, 'hash'),
    }),
  },
})

/** The bytes that a member signs when it stored a message: the ASCII of the hash. */
export function storeReceiptBytes(hash: MessageHash): Uint8Array {
  return utf8(hash)
}

/** What the signature of a store proves; `undefined` in a public inbox, where a signature is not needed and not looked at. */
export function storeProof(params: Omit<StoreParams, 'expiry' | 'data'>): RequestProof | undefined {
  const { owner, namespace, auth } = params
  const rules = namespaceRules(namespace)
  if (rules.storeWithoutAuth || auth === undefined) return undefined
  const { write, delete: remove } = SUBACCOUNT_FLAGS
  return {
    owner,
    auth,
    // Covers neither data nor TTL: that is the compatible protocol.
    signed: utf8(`store${namespaceText(namespace)}${params.signedAt ?? params.timestamp}`),
    flags: rules.outbox ? write | remove : write,
    ignoreRevocation: false,
  }
}
