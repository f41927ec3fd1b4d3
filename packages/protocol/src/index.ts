export * from './app/build-manifest.ts'
export {
  deriveStreamSecret,
  openStream,
  StreamOpener,
  StreamSealer,
  type StreamSecret,
  sealStream,
} from './attachment/encrypted-stream.ts'
export * from './attachment/file-format.ts'
export { MAX_BLOB_BYTES, MAX_FILE_BYTES } from './attachment/file-sizes.ts'
export * from './attachment/file-url.ts'
export { openLegacyAttachment, type SealedAttachment, sealLegacyAttachment } from './attachment/legacy-attachment.ts'
export { openLegacyPicture, sealLegacyPicture } from './attachment/legacy-picture.ts'
export * from './brand.ts'
export * from './bytes/base64.ts'
export * from './bytes/bytes.ts'
export * from './bytes/hex.ts'
export * from './bytes/utf8.ts'
export * from './codec/bencode.ts'
export * from './codec/codec.ts'
export * from './codec/json.ts'
export * from './config/changes.ts'
export * from './config/community-address.ts'
export type { ConfigObject, Decompress, StoredConfig } from './config/config-object.ts'
export * from './config/contacts.ts'
export {
  type ConversationRef,
  eraseReadPosition,
  listReadPositions,
  type ReadPosition,
  readPosition,
  setMarkedUnread,
  setReadUntil,
} from './config/conversation-info.ts'
export type { ConfigDict, MutableDict } from './config/data.ts'
export { FEATURES, type Notifications } from './config/fields.ts'
export * from './config/group-id.ts'
export * from './config/own-config.ts'
export { type ConfigState, configData, confirmDeleted, confirmStored, EMPTY_CONFIG } from './config/state.ts'
export { decodeConfigState, decodeToldData, encodeConfigState } from './config/state-codec.ts'
export * from './config/user-groups.ts'
export {
  readUserProfile,
  setNewProfile,
  setRenewedPicture,
  setUserProfile,
  type UserProfile,
  type UserProfileChange,
} from './config/user-profile.ts'
export type { AesCbc } from './crypto/aes-cbc.ts'
export {
  type Crypto,
  PASSPHRASE_COST,
  type PassphraseCost,
  type RandomBytes,
  type SecretStreamOpener,
  type SecretStreamSealer,
} from './crypto/crypto.ts'
export * from './crypto/keys.ts'
export * from './crypto/labels.ts'
export * from './crypto/secret-key.ts'
export * from './directory/descriptor.ts'
export * from './directory/directory-error.ts'
export * from './directory/directory-view.ts'
export * from './directory/document.ts'
export * from './directory/document-changes.ts'
export * from './directory/network-file.ts'
export * from './directory/next-document.ts'
export * from './directory/verify-document.ts'
export { type BuildOptions, buildContent } from './envelope/build-content.ts'
export { decodeContent, encodeContent, hasForeignParts } from './envelope/content.ts'
export * from './envelope/envelope.ts'
export type { Content } from './envelope/generated/content.ts'
export * from './envelope/mentions.ts'
export * from './envelope/message-content.ts'
export { MessageTextError, splitText } from './envelope/message-text.ts'
export { type ReadOptions, readContent } from './envelope/read-content.ts'
export { isEmoji } from './envelope/read-parts.ts'
export * from './envelope/time-to-live.ts'
export * from './errors.ts'
export * from './identity/account-id.ts'
export * from './identity/account-seed.ts'
export * from './identity/display-name.ts'
export * from './identity/recovery-phrase.ts'
export * from './identity/recovery-phrase-error.ts'
export * from './identity/safety-number.ts'
export * from './link/frame.ts'
export * from './onion/answers.ts'
export * from './onion/cipher.ts'
export * from './onion/layer.ts'
export * from './onion/page-request.ts'
export * from './onion/relay-frame.ts'
export * from './onion/reply.ts'
export * from './onion/request.ts'
export * from './onion/server-payload.ts'
export * from './onion/target.ts'
export { rpcAnswers } from './rpc/answers.ts'
export { type Authentication, ownerSigner, type Signer } from './rpc/authentication.ts'
export { encodeBtAnswer } from './rpc/bt-answer.ts'
export { type ChangedHashes, groupHashes } from './rpc/changed-hashes.ts'
export { type Condition, holdsCondition, type NodeState } from './rpc/condition.ts'
export type { Encoding } from './rpc/fields.ts'
export { LIMITS } from './rpc/limits.ts'
export * from './rpc/member-requests.ts'
export * from './rpc/message-hash.ts'
export { decodeForward, encodeForward, encodeParams, withNetworkTime } from './rpc/method.ts'
export type { ActiveNode, ActiveNodesResult } from './rpc/methods/active-nodes-bin.ts'
export { type DeleteEntry, type DeleteParams, deleteEntry } from './rpc/methods/delete.ts'
export { type DeleteAllEntry, type DeleteAllParams, deleteAllEntry } from './rpc/methods/delete-all.ts'
export { type DeleteBeforeEntry, type DeleteBeforeParams, deleteBeforeEntry } from './rpc/methods/delete-before.ts'
export { clampExpiry, type ExpireEntry, type ExpireParams, effectiveChange, expireEntry } from './rpc/methods/expire.ts'
export { type ExpireAllEntry, type ExpireAllParams, expireAllEntry } from './rpc/methods/expire-all.ts'
export type { GetExpiriesParams } from './rpc/methods/get-expiries.ts'
export type { GetSwarmResult, SwarmNode } from './rpc/methods/get-swarm.ts'
export { type ServiceNode, type ServiceNodesResult, writeServiceNodes } from './rpc/methods/oxend-request.ts'
export type { RetrievedMessage, RetrieveParams, RetrieveResult } from './rpc/methods/retrieve.ts'
export {
  type RevocationParams,
  type RevokeEntry,
  revokeEntry,
  type UnrevokeEntry,
  unrevokeEntry,
} from './rpc/methods/revoke-subaccount.ts'
export type { RevokedSubaccountsParams, RevokedSubaccountsResult } from './rpc/methods/revoked-subaccounts.ts'
export { type StoreEntry, type StoreParams, type StoreResult, storeEntry } from './rpc/methods/store.ts'
export * from './rpc/monitor.ts'
export * from './rpc/monitor-answers.ts'
export * from './rpc/namespace.ts'
export * from './rpc/receipt.ts'
export * from './rpc/record-id.ts'
export * from './rpc/registry.ts'
export * from './rpc/repair-requests.ts'
export * from './rpc/request.ts'
export * from './rpc/response.ts'
export * from './rpc/retrieve-budget.ts'
export * from './rpc/signing.ts'
export * from './rpc/store-authorisation.ts'
export { parseSubaccountToken, type SubaccountToken } from './rpc/subaccount.ts'
export {
  decodeMemberEntry,
  type EntryRules,
  encodeMemberEntry,
  type MemberFailure,
  type SwarmEntry,
  type SwarmResult,
  signEntry,
  verifyEntry,
} from './rpc/swarm-result.ts'
export * from './swarm/assignment.ts'
export * from './swarm/choose-swarm.ts'
export * from './swarm/new-swarm-id.ts'
export * from './swarm/node-id.ts'
export * from './swarm/position.ts'
export * from './swarm/swarm-id.ts'
export * from './swarm/swarm-sizes.ts'
