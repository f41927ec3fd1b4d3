/** What this package uses of sodium-native 5, which brings no types. Results are written into the first argument. */
declare module 'sodium-native' {
  const sodium: {
    /** Output and key of 16 bytes or more. */
    crypto_generichash(output: Uint8Array, input: Uint8Array, key?: Uint8Array): void

    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
    crypto_sign_ed25519_pk_to_curve25519(output: Uint8Array, publicKey: Uint8Array): void
    crypto_sign_ed25519_sk_to_curve25519(output: Uint8Array, secretKey: Uint8Array): void
    crypto_scalarmult_ed25519_base_noclamp(point: Uint8Array, scalar: Uint8Array): void
    crypto_core_ed25519_scalar_reduce(scalar: Uint8Array, wide: Uint8Array): void

    crypto_scalarmult_base(publicKey: Uint8Array, secretKey: Uint8Array): void
    crypto_scalarmult(output: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): void

    crypto_aead_xchacha20poly1305_ietf_encrypt(
      ciphertext: Uint8Array,
      plaintext: Uint8Array,
      associatedData: Uint8Array | null,
      secretNonce: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
    /** Throws if it does not authenticate. */
    crypto_aead_xchacha20poly1305_ietf_decrypt(
      plaintext: Uint8Array,
      secretNonce: null,
      ciphertext: Uint8Array,
      associatedData: Uint8Array | null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number

    /** States of 52 bytes. */
    crypto_secretstream_xchacha20poly1305_init_pull(state: Uint8Array, header: Uint8Array, key: Uint8Array): void
    crypto_secretstream_xchacha20poly1305_push(
      state: Uint8Array,
      ciphertext: Uint8Array,
      plaintext: Uint8Array,
      associatedData: Uint8Array | null,
      tag: number,
    ): number
    /** Throws if it does not authenticate. */
    crypto_secretstream_xchacha20poly1305_pull(
      state: Uint8Array,
      plaintext: Uint8Array,
      tag: Uint8Array,
      ciphertext: Uint8Array,
      associatedData: Uint8Array | null,
    ): number

    crypto_box_easy(
      sealed: Uint8Array,
      message: Uint8Array,
      nonce: Uint8Array,
      publicKey: Uint8Array,
      secretKey: Uint8Array,
    ): void
    crypto_box_open_easy(
      message: Uint8Array,
      sealed: Uint8Array,
      nonce: Uint8Array,
      publicKey: Uint8Array,
      secretKey: Uint8Array,
    ): boolean
  }
  export = sodium
}
