/** From the random bytes behind an account to its keys. docs/protocol/identity.md §1. */
import type { Brand } from '../brand.ts'
import { concatBytes, wipe } from '../bytes/bytes.ts'
import type { Crypto, RandomBytes } from '../crypto/crypto.ts'
import type { Ed25519PublicKey, Ed25519SecretKey, X25519PublicKey, X25519SecretKey } from '../crypto/keys.ts'
import { SecretKey } from '../crypto/secret-key.ts'
import { MalformedInputError } from '../errors.ts'
import { type AccountId, encodeAccountId } from './account-id.ts'

/** What a new account draws: as much as 13 words can carry. */
export const ACCOUNT_SEED_SIZE = 16
/** What the key derivation takes; accounts of this size exist, but have no recovery phrase today. */
const FULL_SEED_SIZE = 32

/** 16 bytes (all that this version makes) or 32. Secret: the owner of the array wipes it after use. */
export type AccountSeed = Brand<Uint8Array, 'AccountSeed'>

/** Both key pairs of an account. The secret keys belong to whoever holds this, who disposes of them. */
export type AccountKeys = {
  readonly accountId: AccountId
  readonly signing: { readonly publicKey: Ed25519PublicKey; readonly secretKey: SecretKey<Ed25519SecretKey> }
  readonly encryption: { readonly publicKey: X25519PublicKey; readonly secretKey: SecretKey<X25519SecretKey> }
}

/** @throws {MalformedInputError} `account_seed`, unless there are 16 or 32 bytes. */
export function parseAccountSeed(bytes: Uint8Array): AccountSeed {
  if (bytes.length !== ACCOUNT_SEED_SIZE && bytes.length !== FULL_SEED_SIZE) {
    throw new MalformedInputError('account_seed', `${bytes.length} bytes`)
  }
  return bytes as AccountSeed // the only cast to AccountSeed in the repository
}

/** 16 new bytes, in one draw. */
export function createAccountSeed(random: RandomBytes): AccountSeed {
  return parseAccountSeed(random(ACCOUNT_SEED_SIZE))
}

/**
 * The keys of a seed; 16 bytes are filled up with zeros to 32. The encryption keys are the signing keys on the other
 * form of the curve, so that one seed holds both. The seed stays as it is.
 */
export function deriveAccountKeys(crypto: Crypto, seed: AccountSeed): AccountKeys {
  const fullSeed = concatBytes(seed, new Uint8Array(FULL_SEED_SIZE - seed.length))
  try {
    const signing = crypto.ed25519KeyPair(fullSeed)
    const encryptionKey = crypto.ed25519ToX25519(signing.publicKey)
    return {
      accountId: encodeAccountId(encryptionKey),
      signing: { publicKey: signing.publicKey, secretKey: new SecretKey(signing.secretKey) },
      encryption: {
        publicKey: encryptionKey,
        secretKey: new SecretKey(crypto.ed25519SecretToX25519(signing.secretKey)),
      },
    }
  } finally {
    wipe(fullSeed)
  }
}
