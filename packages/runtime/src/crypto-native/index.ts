export { createNativeAesCbc } from './aes-cbc.ts'
export { createNativeCrypto } from './native-crypto.ts'
export { derivePassphraseKey, PASSPHRASE_COST, type PassphraseCost } from './passphrase.ts'
