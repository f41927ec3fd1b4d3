import { describeCrypto } from '../crypto.suite.ts'
import { createWasmCrypto } from './wasm-crypto.ts'

describeCrypto('crypto by WebAssembly', createWasmCrypto)
