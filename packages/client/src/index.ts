export {
  type AccountId,
  AccountIdError,
  type Millis,
  type NodeId,
  parseAccountId,
  type UnixMillis,
} from '@starling/protocol'
export type * from './api.ts'
export type { LocalStore, StoreChange, StoreRange } from './store/local-store.ts'
