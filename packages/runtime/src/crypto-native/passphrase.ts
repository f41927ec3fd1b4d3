/** A key from a passphrase, for what an operator puts into a file. */
import { argon2 } from 'node:crypto'
import { promisify } from 'node:util'

/** What guessing costs: memory in KiB, and how often it is gone through. RFC 9106 §3.1. */
export type PassphraseCost = { readonly memoryKib: number; readonly passes: number }

/** RFC 9106 §4, second recommended option: 64 MiB; about a quarter of a second on the machines of today. */
export const PASSPHRASE_COST: PassphraseCost = { memoryKib: 65_536, passes: 3 }

/** 32 bytes by Argon2id with one lane; `salt` has 16 bytes. The passphrase is not kept. */
export async function derivePassphraseKey(
  passphrase: Uint8Array,
  salt: Uint8Array,
  { memoryKib, passes }: PassphraseCost,
): Promise<Uint8Array> {
  const options = { message: passphrase, nonce: salt, parallelism: 1, tagLength: 32, memory: memoryKib, passes }
  return new Uint8Array(await promisify(argon2)('argon2id', options))
}
