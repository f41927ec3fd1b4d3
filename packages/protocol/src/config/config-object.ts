/** The objects that the devices of an account keep in step, and what separates them. docs/protocol/config.md §4. */
import type { UnixMillis } from '../brand.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { SharedConfigMessage_Kind } from '../envelope/generated/content.ts'
import type { AccountKeys } from '../identity/account-seed.ts'
import type { MessageHash } from '../rpc/message-hash.ts'
import { NAMESPACES, type Namespace } from '../rpc/namespace.ts'

export type ConfigObject = {
  readonly namespace: Namespace
  /** Separates keys and nonces; ASCII, 1 to 24 characters. */
  readonly domain: string
  readonly kind: SharedConfigMessage_Kind
}

export const USER_PROFILE_OBJECT: ConfigObject = {
  namespace: NAMESPACES.profile,
  domain: 'UserProfile',
  kind: SharedConfigMessage_Kind.USER_PROFILE,
}
export const CONTACTS_OBJECT: ConfigObject = {
  namespace: NAMESPACES.contacts,
  domain: 'Contacts',
  kind: SharedConfigMessage_Kind.CONTACTS,
}
export const CONVERSATION_INFO_OBJECT: ConfigObject = {
  namespace: NAMESPACES.conversationInfo,
  domain: 'ConvoInfoVolatile',
  kind: SharedConfigMessage_Kind.CONVO_INFO_VOLATILE,
}
export const USER_GROUPS_OBJECT: ConfigObject = {
  namespace: NAMESPACES.userGroups,
  domain: 'UserGroups',
  kind: SharedConfigMessage_Kind.USER_GROUPS,
}

/** What a swarm stores in the namespace of an object, after base64. */
export type StoredConfig = { readonly hash: MessageHash; readonly data: Uint8Array }

/** Content of a zstd frame; `undefined`, if it is none or holds more than `maxBytes` bytes. */
export type Decompress = (frame: Uint8Array, maxBytes: number) => Uint8Array | undefined

/** What reading and writing the items of an object takes. */
export type ConfigContext = {
  readonly crypto: Crypto
  readonly keys: AccountKeys
  readonly object: ConfigObject
  readonly now: UnixMillis
  /** Other apps compress: without this, what they wrote mostly stays unread. */
  readonly decompress?: Decompress | undefined
}
