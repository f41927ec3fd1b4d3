export type * from './api.ts'
export type { LocalStore, StoreChange, StoreRange } from './store/local-store.ts'
