/** `expire`: change when messages are deleted. */
import { type UnixMillis, unixMillis } from '../../brand.ts'
import { utf8 } from '../../bytes/utf8.ts'
import { isJsonObject } from '../../codec/json.ts'
import type { Owner } from '../../identity/account-id.ts'
import { requestFaults } from '../answers.ts'
import { type Authentication, authFields, readAuthentication, writeAuthentication } from '../authentication.ts'
import { boolean, type FieldKind, hash, hashes, owner, refuse, required, timestamp, timestamps } from '../fields.ts'
import { LIMITS } from '../limits.ts'
import type { MessageHash } from '../message-hash.ts'
import { defineMethod, present } from '../method.ts'
import { hasSubaccountFlags, SUBACCOUNT_FLAGS } from '../subaccount.ts'
import { defineEntry, readSwarmResult, type SwarmResult, writeSwarmResult } from '../swarm-result.ts'

/** `set`: whatever it was; the others only ever move it one way. */
export type ExpireChange = 'set' | 'shorten' | 'extend'

export type ExpireParams = {
  readonly owner: Owner
  /** At least one. */
  readonly messages: readonly MessageHash[]
  /** One for all, or one for each message. As sent: see `clampExpiry`. */
  readonly expiries: readonly UnixMillis[]
  readonly change: ExpireChange
  readonly auth: Authentication
}

export type ExpireEntry = {
  /** What now holds: one for all, or one for each of `updated`. */
  readonly expiries: readonly UnixMillis[]
  /** Sorted. */
  readonly updated: readonly MessageHash[]
  /** Existing messages that were not touched, sorted; only with `shorten` and `extend`. */
  readonly unchanged: readonly { readonly hash: MessageHash; readonly expiry: UnixMillis }[] | undefined
}

/** An object of hashes and times. */
export const expiriesByHash: FieldKind<readonly { readonly hash: MessageHash; readonly expiry: UnixMillis }[]> = {
  read(value, name, encoding) {
    const entries =
      value instanceof Map
        ? [...(value as Map<string, unknown>)]
        : isJsonObject(value)
          ? Object.entries(value)
          : undefined
    if (entries === undefined) return refuse(requestFaults.type(name, 'object'))
    return entries.map(([key, time]) => ({
      hash: hash.read(key, name, 'json')!,
      expiry: timestamp.read(time, name, encoding)!,
    }))
  },
  write(value, encoding) {
    const entries = value.map(({ hash, expiry }) => [hash, expiry] as const)
    return encoding === 'bt' ? new Map(entries) : Object.fromEntries(entries)
  },
}

export const expireEntry = defineEntry({
  fields: { expiry: timestamps, unchanged: expiriesByHash, updated: hashes },
  read: ({ expiry, updated, unchanged }): ExpireEntry => ({
    expiries: present(expiry, 'expiry'),
    updated: present(updated, 'updated'),
    unchanged,
  }),
  write: ({ expiries, updated, unchanged }: ExpireEntry) => ({ expiry: expiries, unchanged, updated }),
  signed(params: Pick<ExpireParams, 'owner' | 'messages'>, { expiries, updated, unchanged = [] }) {
    const sorted = unchanged.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    const rest = sorted.map(({ hash, expiry }) => `${hash}${expiry}`).join('')
    return utf8(`${params.owner}${expiries.join('')}${params.messages.join('')}${updated.join('')}${rest}`)
  },
})

export const expire = defineMethod({
  name: 'expire',
  recursive: true,
  notForwarded: [],
  fields: {
    expiry: timestamps,
    extend: boolean,
    messages: hashes,
    pubkey: owner(requestFaults.owner),
    pubkey_ed25519: authFields.pubkey_ed25519,
    shorten: boolean,
    signature: authFields.signature,
    subaccount: authFields.subaccount,
    subaccount_sig: authFields.subaccount_sig,
  },
  read(fields): ExpireParams {
    const owner = required(fields.pubkey, 'pubkey')
    const messages = required(fields.messages, 'messages')
    if (messages.length === 0) refuse(requestFaults.noHashes())
    const expiries = required(fields.expiry, 'expiry')
    if (expiries.length === 0) refuse(requestFaults.expiryEmpty())
    if (expiries.length !== 1 && expiries.length !== messages.length) refuse(requestFaults.expiryCount())
    if (fields.shorten === true && fields.extend === true) refuse(requestFaults.shortenAndExtend())
    const auth = required(readAuthentication(owner, fields), 'signature')
    const change = fields.shorten === true ? 'shorten' : fields.extend === true ? 'extend' : 'set'
    return { owner, messages, expiries, change, auth }
  },
  write: (params) => ({
    expiry: params.expiries,
    extend: params.change === 'extend' || undefined,
    messages: params.messages,
    pubkey: params.owner,
    ...writeAuthentication(params.auth),
    shorten: params.change === 'shorten' || undefined,
  }),
  access: {
    check: ({ expiries }, now) =>
      expiries.some((expiry) => expiry < now - LIMITS.changeTolerance)
        ? { status: 401, body: 'expire: timestamp should be >= current time' }
        : undefined,
    proof: ({ owner, auth, change, expiries, messages }) => ({
      owner,
      auth,
      signed: utf8(`expire${change === 'set' ? '' : change}${expiries.join('')}${messages.join('')}`),
      flags: SUBACCOUNT_FLAGS.write,
      ignoreRevocation: false,
    }),
    badSignature: 'expire: signature verification failed',
    checkSigned: ({ change, auth }) =>
      change === 'shorten' && mayOnlyExtend(auth)
        ? {
            status: 400,
            body: 'expire: shorten parameter cannot be used with this subaccount token (missing delete access)',
          }
        : undefined,
  },
  result: {
    write: (result: SwarmResult<ExpireEntry>, encoding) => writeSwarmResult(expireEntry, result, encoding),
    read: (body) => readSwarmResult(expireEntry, body),
  },
})

/** What a node does: a subaccount that may not delete can only extend. */
export function effectiveChange({ change, auth }: Pick<ExpireParams, 'change' | 'auth'>): ExpireChange {
  return mayOnlyExtend(auth) ? 'extend' : change
}

/** No node keeps a message for longer than 30 days from now. */
export function clampExpiry(expiry: UnixMillis, now: UnixMillis): UnixMillis {
  return unixMillis(Math.min(expiry, now + LIMITS.maxPrivateTtl))
}

function mayOnlyExtend({ subaccount }: Authentication): boolean {
  return subaccount !== undefined && !hasSubaccountFlags(subaccount.token, SUBACCOUNT_FLAGS.delete)
}
