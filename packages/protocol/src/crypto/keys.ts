import type { Brand } from '../brand.ts'

/** 32 bytes. */
export type Ed25519PublicKey = Brand<Uint8Array, 'Ed25519PublicKey'>
/** 64 bytes: seed, then public key, as libsodium has it. */
export type Ed25519SecretKey = Brand<Uint8Array, 'Ed25519SecretKey'>
/** 32 bytes. */
export type X25519PublicKey = Brand<Uint8Array, 'X25519PublicKey'>
/** 32 bytes, clamped by whoever uses it. */
export type X25519SecretKey = Brand<Uint8Array, 'X25519SecretKey'>
/** 64 bytes. */
export type Signature = Brand<Uint8Array, 'Signature'>

export type Ed25519KeyPair = { readonly publicKey: Ed25519PublicKey; readonly secretKey: Ed25519SecretKey }
export type X25519KeyPair = { readonly publicKey: X25519PublicKey; readonly secretKey: X25519SecretKey }
