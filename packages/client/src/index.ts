export {
  type AccountId,
  AccountIdError,
  checkRecoveryWord,
  DisplayNameError,
  type Expiration,
  findMentions,
  formatMentions,
  type Invitation,
  MalformedInputError,
  type MessageRef,
  MessengerError,
  type Millis,
  mentionOf,
  millis,
  type NetworkFile,
  type NodeId,
  type ProfilePicture,
  parseAccountId,
  parseDisplayName,
  parseNetworkFile,
  RECOVERY_PHRASE_WORDS,
  RecoveryPhraseError,
  type RecoveryWordCheck,
  splitText,
  type UnixMillis,
  unixMillis,
} from '@starling/protocol'
export type { Observable } from '@starling/runtime'
export type * from './api.ts'
export { ArchiveError } from './archive/archive-error.ts'
export { checkPhrase } from './check-phrase.ts'
export { ActionError, ClientStateError } from './client-error.ts'
export type { ClientOptions } from './client-options.ts'
export { createClient } from './create-client.ts'
export { withoutFiles } from './files/client-files.ts'
export { FileError, FileStorageError } from './files/file-error.ts'
export type { FileStorage, Pieces } from './files/file-storage.ts'
export { Files, type OutgoingFile, type TransferOptions } from './files/files.ts'
export { LinkPreviews, PreviewError } from './files/link-previews.ts'
export { type PagePreview, readPage } from './files/page-preview.ts'
export type { FetchedPage, PreviewFetcher } from './files/preview-fetcher.ts'
export { findLink, isSafeLink } from './files/safe-link.ts'
export { handleMessages, type MessageHandler } from './handle-messages.ts'
export type { LocalStore, StoreChange, StoreRange } from './store/local-store.ts'
export { PassphraseError } from './store/passphrase-error.ts'
export { StoreError } from './store/store-error.ts'
export type { Transport } from './transport/transport.ts'
export { TransportError } from './transport/transport-error.ts'
export { untilValue } from './until-value.ts'
