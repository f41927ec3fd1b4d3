/** Keys for inputs that have to be signed or sealed, so that what is behind the lock is reached too. */
import {
  type Authentication,
  type Crypto,
  deriveAccountKeys,
  METHODS,
  type MethodName,
  nodeIdOf,
  ownerSigner,
  parseAccountSeed,
  parseMethodName,
  parseRpcRequest,
  type RpcCall,
  SecretKey,
  toBase64,
  toHex,
} from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'

export const crypto: Crypto = createNativeCrypto()

/** When everything happens. */
export const NOW = 1_767_225_600_000

const key = (fill: number) => new Uint8Array(32).fill(fill)

export const alice = deriveAccountKeys(crypto, parseAccountSeed(new Uint8Array(16).fill(1)))
export const bob = deriveAccountKeys(crypto, parseAccountSeed(new Uint8Array(16).fill(2)))
export const directoryKeys = crypto.ed25519KeyPair(key(200))
export const nodeKeys = [1, 2, 3].map((fill) => crypto.ed25519KeyPair(key(fill)))
export const nodeIds = nodeKeys.map(({ publicKey }) => nodeIdOf(publicKey))
export const onionKeys = crypto.x25519KeyPair(key(77))
export const nodeSecret = (index: number) => new SecretKey(nodeKeys[index]!.secretKey.slice() as never)

/** What an input holds where Alice's signature is to be. */
const PLACEHOLDER = 'A'.repeat(86)
export const toBeSigned = {
  pubkey: alice.accountId,
  pubkey_ed25519: toHex(alice.signing.publicKey),
  signature: PLACEHOLDER,
}

/** The request with Alice's signatures where they are to be; as it is, if it cannot be read. */
export function signed(text: string): string {
  if (!text.includes(PLACEHOLDER)) return text
  const request = parseRpcRequest(text)
  const calls = request.kind === 'call' ? [request.call] : request.kind === 'batch' ? request.calls : []
  return calls.reduce((whole, call) => {
    const proof = proofOf(call)
    return proof === undefined || toBase64(proof.auth.signature) !== `${PLACEHOLDER}==`
      ? whole
      : whole.replace(PLACEHOLDER, toBase64(sign(proof)))
  }, text)
}

/** What a method declares that a signature covers. */
type Proof = { readonly auth: Authentication; readonly signed: Uint8Array }

function proofOf(call: RpcCall): Proof | undefined {
  const name: MethodName | undefined = parseMethodName(call.method)
  const method = name && METHODS[name]
  const access = method?.access as { proof(params: unknown): Proof | undefined } | undefined
  return access?.proof(call.params)
}

function sign({ signed: bytes }: Proof): Authentication['signature'] {
  return alice.signing.secretKey.use((secret) => ownerSigner(crypto, secret, { account: true }).sign(bytes))
}
