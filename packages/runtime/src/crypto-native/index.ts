export { createNativeCrypto } from './native-crypto.ts'
