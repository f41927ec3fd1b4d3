export { createNativeAesCbc } from './aes-cbc.ts'
export { createNativeCrypto } from './native-crypto.ts'
