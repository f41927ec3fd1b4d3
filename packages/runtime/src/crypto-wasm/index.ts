export { createWasmCrypto } from './wasm-crypto.ts'
