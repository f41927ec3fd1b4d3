export {
  type AccountId,
  AccountIdError,
  checkRecoveryWord,
  DisplayNameError,
  MalformedInputError,
  MessengerError,
  type Millis,
  millis,
  type NodeId,
  parseAccountId,
  parseDisplayName,
  RECOVERY_PHRASE_WORDS,
  RecoveryPhraseError,
  type RecoveryWordCheck,
  type UnixMillis,
  unixMillis,
} from '@starling/protocol'
export type { Observable } from '@starling/runtime'
export type * from './api.ts'
export { checkPhrase } from './check-phrase.ts'
export type { KeyVault, StoreKey } from './store/key-vault.ts'
export type { LocalStore, StoreChange, StoreRange } from './store/local-store.ts'
export { StoreError } from './store/store-error.ts'
export type { Transport } from './transport/transport.ts'
export { TransportError } from './transport/transport-error.ts'
