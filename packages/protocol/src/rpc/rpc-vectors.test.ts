import { test } from 'node:test'
import { expect } from 'expect'
import rpcVectors from '../../vectors/network-rpc.json' with { type: 'json' }
import vectors from '../../vectors/network-signatures.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { toBase32z } from '../bytes/base32z.ts'
import { fromBase64, toBase64 } from '../bytes/base64.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import type { Ed25519PublicKey, Ed25519SecretKey, Signature } from '../crypto/keys.ts'
import { MalformedInputError } from '../errors.ts'
import { parseOwner } from '../identity/account-id.ts'
import { nodeIdOf, parseNodeId } from '../swarm/node-id.ts'
import { swarmId } from '../swarm/swarm-id.ts'
import { nobleCrypto } from '../testing.ts'
import { type Authentication, type Signer, verifyRequest } from './authentication.ts'
import type { FieldSet } from './fields.ts'
import { deriveMessageHash, encodeMessageHash, messageHashBytes, parseMessageHash } from './message-hash.ts'
import { type Declared, decodeForward, decodeParams, encodeForward, encodeParams, verifyAccess } from './method.ts'
import { deleteEntry } from './methods/delete.ts'
import { deleteAllEntry } from './methods/delete-all.ts'
import { deleteBeforeEntry } from './methods/delete-before.ts'
import { expireEntry } from './methods/expire.ts'
import { expireAllEntry } from './methods/expire-all.ts'
import { revokeEntry, unrevokeEntry } from './methods/revoke-subaccount.ts'
import { storeEntry } from './methods/store.ts'
import { namespaceRules, parseNamespace } from './namespace.ts'
import { METHODS, methodOf, parseMethodName } from './registry.ts'
import { retrieveBudget } from './retrieve-budget.ts'
import { signRequest } from './signing.ts'
import { decideStore } from './store-rules.ts'
import { parseSubaccountToken, SUBACCOUNT_FLAGS } from './subaccount.ts'
import {
  decodeMemberEntry,
  type EntryRules,
  encodeMemberEntry,
  readSwarmResult,
  signEntry,
  verifyEntry,
  writeSwarmResult,
} from './swarm-result.ts'

const crypto = nobleCrypto()
const nobodyRevoked = () => false
const { user, group, subaccount_key } = vectors.identities
const secretOf = (key: { ed25519_secret64_hex: string }) => fromHex(key.ed25519_secret64_hex) as Ed25519SecretKey
const SECRETS = { user: secretOf(user), group: secretOf(group), subaccount: secretOf(subaccount_key) }

const methodNameOf = (id: string) => id.split('/')[0]!

/** The bytes that a vector says are signed, as hex: it has them as text, or as hex where they are no text. */
const signedHex = (vector: { readonly signed_utf8?: string; readonly signed_hex?: string }) =>
  vector.signed_hex ?? toHex(utf8(vector.signed_utf8!))

type AnyDeclaration = Declared<{ auth: Authentication | undefined }>
const declaration = (name: string) => methodOf(parseMethodName(name)!) as unknown as AnyDeclaration

function parsed(name: string, params: object) {
  const result = decodeParams(declaration(name), params as Record<string, unknown>)
  if (result.kind === 'refused') throw new Error(result.answer.body)
  return result.params
}

test('every signed request is read, verified, signed again and written again', () => {
  for (const vector of vectors.request_signatures) {
    const name = methodNameOf(vector.id)
    const params = parsed(name, vector.params)
    expect(verifyAccess(crypto, declaration(name), params, nobodyRevoked)).toBeUndefined()
    expect(parsed(name, encodeParams(declaration(name), params))).toEqual(params)

    const proof = declaration(name).access?.proof(params)
    if (proof !== undefined) expect(toHex(proof.signed)).toBe(signedHex(vector))
    const { auth, ...unsigned } = params
    if (auth === undefined || proof === undefined) continue
    const secret = SECRETS[vector.signer as keyof typeof SECRETS]
    const signer: Signer = { ...auth, sign: (bytes) => crypto.ed25519Sign(secret, bytes) }
    const again = signRequest(declaration(name), unsigned, signer)
    expect(toBase64(again.auth!.signature)).toBe(vector.signature_b64)
    expect(again).toEqual(params)
  }
})

test('no signed request holds after any change of what is signed', () => {
  for (const vector of vectors.request_signatures) {
    const name = methodNameOf(vector.id)
    if (vector.signer === null) continue
    const params = parsed(name, vector.params)
    const proof = declaration(name).access?.proof(params)
    if (proof === undefined) continue // a public inbox: the signature is not looked at
    const broken = [
      { ...proof, signed: Uint8Array.from([...proof.signed, 0x30]) },
      {
        ...proof,
        auth: {
          ...proof.auth,
          signature: proof.auth.signature.map((byte, i) => (i === 63 ? byte ^ 1 : byte)) as Signature,
        },
      },
      { ...proof, owner: parseOwner(`${proof.owner.slice(0, 65)}${proof.owner.endsWith('0') ? '1' : '0'}`) },
    ]
    for (const proof of broken) expect(verifyRequest(crypto, proof, nobodyRevoked)).toBe(false)
    expect(verifyAccess(crypto, declaration(name), { ...params, auth: broken[1]!.auth }, nobodyRevoked)).toEqual({
      status: 401,
      body: declaration(name).access!.badSignature,
    })
  }
})

test('tokens are signed by the owner, and do what their flags allow', () => {
  const signed = new Uint8Array([1, 2, 3])
  const signature = crypto.ed25519Sign(SECRETS.subaccount, signed)
  for (const vector of vectors.subaccounts.tokens) {
    const token = parseSubaccountToken(fromHex(vector.token_hex))
    expect(toBase64(token)).toBe(vector.token_b64)
    expect(toBase64(crypto.ed25519Sign(SECRETS.group, token))).toBe(vector.owner_signature_b64)
    const subaccount = { token, signature: fromBase64(vector.owner_signature_b64) as Signature }
    const auth = { signature, signingKey: undefined, subaccount }
    const proof = { owner: parseOwner(group.account_id), auth, signed, ignoreRevocation: false }
    for (const flags of Object.values(SUBACCOUNT_FLAGS)) {
      expect(verifyRequest(crypto, { ...proof, flags }, nobodyRevoked)).toBe((vector.flags & flags) !== 0)
    }
    const revoked = () => true
    expect(verifyRequest(crypto, { ...proof, flags: 0 }, revoked)).toBe(false)
    expect(verifyRequest(crypto, { ...proof, flags: 0, ignoreRevocation: true }, revoked)).toBe(true)
  }
})

test('a token of another prefix needs the flag for it', () => {
  const { owner_signature_b64, token_hex } = vectors.subaccounts.tokens.find(({ id }) => id === 'any-prefix')!
  const token = parseSubaccountToken(fromHex(token_hex))
  const narrow = parseSubaccountToken(token.map((byte, i) => (i === 1 ? byte & ~SUBACCOUNT_FLAGS.anyPrefix : byte)))
  const signed = new Uint8Array([1])
  const verify = (token: typeof narrow, signature: Uint8Array) =>
    verifyRequest(
      crypto,
      {
        owner: parseOwner(group.account_id),
        auth: {
          signature: crypto.ed25519Sign(SECRETS.subaccount, signed),
          signingKey: undefined,
          subaccount: { token, signature: signature as Signature },
        },
        signed,
        flags: SUBACCOUNT_FLAGS.read,
        ignoreRevocation: false,
      },
      nobodyRevoked,
    )
  expect(verify(token, fromBase64(owner_signature_b64))).toBe(true)
  expect(verify(narrow, crypto.ed25519Sign(SECRETS.group, narrow))).toBe(false)
  expect(verify(token, crypto.ed25519Sign(SECRETS.user, token))).toBe(false)
})

test('the blinded token of a group member is an ordinary one for a node', () => {
  const vector = vectors.subaccounts.group_member_blinded
  const auth = {
    signature: fromBase64(vector.request_signature_b64) as Signature,
    signingKey: undefined,
    subaccount: {
      token: parseSubaccountToken(fromBase64(vector.token_b64)),
      signature: fromBase64(vector.owner_signature_b64) as Signature,
    },
  }
  const signed = new TextEncoder().encode(vector.message_utf8)
  const proof = {
    owner: parseOwner(group.account_id),
    auth,
    signed,
    flags: SUBACCOUNT_FLAGS.read | SUBACCOUNT_FLAGS.write,
    ignoreRevocation: false,
  }
  expect(verifyRequest(crypto, proof, nobodyRevoked)).toBe(true)
  expect(verifyRequest(crypto, { ...proof, flags: SUBACCOUNT_FLAGS.delete }, nobodyRevoked)).toBe(false)
})

const NOW = unixMillis(1_700_000_000_000)
const REVOKED = [
  '030300000d7550754e0800a5d237eef5826035766b9b3e5a15868a940ab289958788e3b0',
  '030100000d7550754e0800a5d237eef5826035766b9b3e5a15868a940ab289958788e3b0',
].map((token) => parseSubaccountToken(fromHex(token)))
const ENTRIES = {
  store: storeEntry,
  delete: deleteEntry,
  delete_all: deleteAllEntry,
  delete_before: deleteBeforeEntry,
  expire: expireEntry,
  expire_all: expireAllEntry,
  revoke_subaccount: revokeEntry,
  unrevoke_subaccount: unrevokeEntry,
} as unknown as Record<string, EntryRules<FieldSet, never, unknown>>

test('entries of members are read, verified, signed again and written again, in both encodings', () => {
  const messages = ['p14QQPylA9w35o4x5k6BcPz6qnOhZYb9Kfzmfj5MTFU', 'jbomlH0eYypUNyU6i7qvpD6wx42oI+9Gt1MJDpe9YZ8'].map(
    parseMessageHash,
  )
  const node = nodeIdOf(fromHex(vectors.identities.nodes[0]!.ed25519_pub_hex) as Ed25519PublicKey)
  for (const vector of vectors.member_signatures) {
    const name = methodNameOf(vector.id)
    const rules = ENTRIES[name]!
    const isRevocation = name.endsWith('revoke_subaccount')
    const params = {
      owner: parseOwner(isRevocation ? group.account_id : user.account_id),
      messages,
      tokens: REVOKED,
      timestamp: NOW,
      before: NOW,
      expiry: unixMillis(NOW + 60_000),
    } as never
    const { entries } = readSwarmResult(rules, { swarm: { [node]: vector.swarm_entry } })
    const entry = entries[0]!
    if (entry.kind === 'failed') throw new Error(entry.failure.kind)
    expect(toHex(rules.signed(params, entry.value))).toBe(signedHex(vector))
    expect(verifyEntry(crypto, rules, params, entry)).toBe(true)
    const other = nodeIdOf(fromHex(vectors.identities.nodes[1]!.ed25519_pub_hex) as Ed25519PublicKey)
    expect(verifyEntry(crypto, rules, params, { ...entry, node: other })).toBe(false)

    const secret = secretOf(vectors.identities.nodes[0]!)
    const sign = (bytes: Uint8Array) => crypto.ed25519Sign(secret, bytes)
    const again = signEntry(rules, { params, value: entry.value, node, sign })
    expect(again).toEqual(entry)
    const { t: _time, ...written } = vector.swarm_entry as Record<string, unknown>
    expect(writeSwarmResult(rules, { entries: [again] })).toEqual({ swarm: { [node]: written } })
    expect(decodeMemberEntry(rules, node, encodeMemberEntry(rules, again))).toEqual(entry)
  }
})

test('requests are forwarded byte for byte', () => {
  for (const { command, bt_hex } of rpcVectors.replication.storage_cc) {
    const forwarded = decodeForward(declaration(command), fromHex(bt_hex))
    if (forwarded.kind === 'refused') throw new Error(forwarded.answer.body)
    expect(verifyAccess(crypto, declaration(command), forwarded.params, nobodyRevoked)).toBeUndefined()
    expect(toHex(encodeForward(declaration(command), forwarded.params))).toBe(bt_hex)
  }
})

test('what a client sent is what a member is handed', () => {
  const clientStore = vectors.request_signatures.find(({ id }) => id === 'store/ns0/anonymous')!
  const { bt_hex } = rpcVectors.replication.storage_cc[0]!
  expect(toHex(encodeForward(declaration('store'), parsed('store', clientStore.params)))).toBe(bt_hex)
  const required = vectors.request_signatures.find(({ id }) => id === 'delete/required')!
  const forwarded = encodeForward(METHODS.delete, parsed('delete', required.params) as never)
  expect(decodeForward(METHODS.delete, forwarded)).toMatchObject({ kind: 'ok', params: { required: false } })
})

test('message hashes', () => {
  for (const vector of rpcVectors.message_hash) {
    const owner = parseOwner(vector.pubkey)
    const hash = deriveMessageHash(crypto, owner, parseNamespace(vector.namespace), fromBase64(vector.data_base64))
    expect(hash).toBe(vector.hash_b64np)
    expect(encodeMessageHash(messageHashBytes(hash))).toBe(hash)
  }
})

test('rules of namespaces', () => {
  for (const row of rpcVectors.namespace_rules.rows) {
    expect(namespaceRules(parseNamespace(row.namespace))).toEqual({
      storeWithoutAuth: row.store_without_auth,
      retrieveWithoutAuth: row.retrieve_without_auth,
      outbox: row.single_message_outbox,
      revokedMayRetrieve: row.revoked_subaccount_may_retrieve,
      maxTtl: row.max_ttl_ms,
    })
  }
})

test('decisions about stores', () => {
  for (const row of rpcVectors.store_decisions.rows) {
    const timestamp = unixMillis(row.timestamp)
    const expiry = unixMillis(row.timestamp + row.ttl)
    const signedAt = row.sig_timestamp === undefined ? undefined : unixMillis(row.sig_timestamp)
    const auth = row.signed === true ? {} : undefined
    const question = { namespace: parseNamespace(row.namespace), timestamp, expiry, auth, signedAt }
    expect(decideStore(question, unixMillis(row.now_ms))).toEqual(
      row.code === 200 ? { kind: 'ok', expiry } : { kind: 'refused', answer: { status: row.code, body: row.text } },
    )
  }
})

test('budgets of retrieves', () => {
  for (const row of rpcVectors.retrieve_sizes.rows) {
    const limits = { maxSize: row.max_size ?? undefined, maxCount: row.max_count ?? undefined }
    expect(retrieveBudget(limits)).toBe(row.budget_bytes)
  }
})

test('addresses of nodes', () => {
  for (const { hex, base32z } of rpcVectors.base32z) expect(toBase32z(fromHex(hex))).toBe(base32z)
  for (const { ed25519_pub_hex, snode_address_of_ed25519 } of vectors.identities.nodes) {
    const node = {
      nodeId: parseNodeId(ed25519_pub_hex),
      x25519: new Uint8Array(32) as never,
      ip: '127.0.0.1',
      httpsPort: 22021,
      peerPort: 22020,
    }
    const written = METHODS.get_swarm.result.write({ swarm: undefined, nodes: [node] })
    expect(written).toMatchObject({
      swarm: 'ffffffffffffffff',
      snodes: [{ address: snode_address_of_ed25519, port: '22021', port_https: 22021 }],
    })
    expect(METHODS.get_swarm.result.read(written)).toEqual({ swarm: undefined, nodes: [node] })
  }
})

test('the record of a node in the list of all nodes', () => {
  const vector = rpcVectors.active_nodes_bin_record
  const node = {
    nodeId: parseNodeId(vector.ed25519_pub_hex),
    swarmId: swarmId(BigInt(vector.swarm_id)),
    ip: vector.ip,
    httpsPort: vector.https_port,
    peerPort: vector.omq_quic_port,
    version: vector.version as [number, number, number],
  }
  const { result } = METHODS.active_nodes_bin
  expect(toHex(result.write({ nodes: [node] }))).toBe(vector.record_hex)
  expect(result.read(fromHex(vector.record_hex.repeat(3)))).toEqual({ nodes: [node, node, node] })
  expect(result.read(new Uint8Array())).toEqual({ nodes: [] })
  expect(() => result.read(fromHex(vector.record_hex).subarray(1))).toThrow(MalformedInputError)
  const withoutSwarm = fromHex(vector.record_hex.replace('0000000000000007', 'ffffffffffffffff'))
  expect(() => result.read(withoutSwarm)).toThrow(MalformedInputError)
})
