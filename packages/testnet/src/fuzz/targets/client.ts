/** What a client reads from its swarm, and from people: messages, contents, configs, phrases, names. */
import {
  buildStoredMessage,
  buildUserProfile,
  checkRecoveryWord,
  concatBytes,
  createUserProfile,
  decodeContent,
  decodeProfileState,
  encodeContent,
  encodeProfileState,
  encodeRecoveryPhrase,
  fromBase64,
  fromHex,
  fromUtf8,
  type MessageHash,
  openStoredMessage,
  openUserProfile,
  type ProfileState,
  parseAccountId,
  parseDisplayName,
  parseOwner,
  parseRecoveryPhrase,
  readContent,
  textContent,
  toBase64,
  toHex,
  truncateDisplayName,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { seededRandom } from '@starling/runtime/testing'
import { mustEqualBytes } from '../equal.ts'
import { mutateBt } from '../mutate-bt.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { behindSelector } from '../mutate-combined.ts'
import { mutateProtobuf, writeFields } from '../mutate-protobuf.ts'
import { alice, bob, crypto, NOW } from '../people.ts'
import { type FuzzTarget, must } from '../target.ts'
import { vectorBytes, vectorTexts } from '../vectors.ts'

const HASH = 'A'.repeat(43) as MessageHash
const NAME = parseDisplayName('Alice')

const messages: FuzzTarget = {
  name: 'stored-message',
  sources: ['protocol/src/envelope/envelope.ts', 'protocol/src/envelope/protobuf.ts'],
  mutate: mutateProtobuf,
  words: [],
  *seeds() {
    yield aMessage()
    yield* vectorBytes('messages', 'websocket_message')
  },
  run: (input) => openStoredMessage({ crypto, data: input, recipient: bob }),
}

function aMessage(): Uint8Array {
  const content = textContent({ body: 'hello', timestamp: unixMillis(NOW), profile: { displayName: NAME } })
  return buildStoredMessage({
    crypto,
    random: seededRandom(3),
    sender: alice,
    recipient: bob.accountId,
    content,
    timestamp: unixMillis(NOW),
  })
}

/** The plaintext of a box that Alice signed and sealed for Bob: padding and content. */
const sealed: FuzzTarget = {
  name: 'sealed-content',
  sources: ['sealed-message', 'padding', 'content', 'text-message', 'protobuf'].map(
    (file) => `protocol/src/envelope/${file}.ts`,
  ),
  mutate: mutateProtobuf,
  words: ['\x80', '\x80\0\0', '\0'],
  *seeds() {
    yield* vectorBytes('messages', 'content')
    yield* vectorBytes('messages', 'padded')
  },
  run(input) {
    const { content, sender } = openStoredMessage({ crypto, data: sealedFor(input), recipient: bob })
    must(sender === alice.accountId, 'a message is of who signed it')
    return [readContent(content, { sender, self: bob.accountId }), content]
  },
  output: { base: 8192, factor: 64 },
}

/** As the compatible apps do it, by hand: what is fuzzed shall not be what builds the input. docs/protocol/envelope.md §1 */
function sealedFor(padded: Uint8Array): Uint8Array {
  const { publicKey } = alice.signing
  const theirs = bob.encryption.publicKey
  const signature = alice.signing.secretKey.use((key) =>
    crypto.ed25519Sign(key, concatBytes(padded, publicKey, theirs)),
  )
  const pair = crypto.x25519KeyPair(new Uint8Array(32).fill(9))
  const nonce = crypto.blake2b(24, concatBytes(pair.publicKey, theirs))
  const box = concatBytes(
    pair.publicKey,
    crypto.boxSeal(concatBytes(padded, publicKey, signature), nonce, theirs, pair.secretKey),
  )
  const number = (field: number, value: number[]) => ({ number: field, wireType: 0, value: Uint8Array.from(value) })
  const bytes = (field: number, value: Uint8Array) => ({ number: field, wireType: 2, value })
  const envelope = writeFields([number(1, [6]), number(5, [1]), bytes(8, box)])
  return writeFields([number(1, [1]), bytes(2, writeFields([bytes(3, envelope)]))])
}

const contents: FuzzTarget = {
  name: 'content',
  sources: [
    'content',
    'text-message',
    'protobuf',
    'generated/content',
    'generated/data-message',
    'generated/group-update',
  ].map((file) => `protocol/src/envelope/${file}.ts`),
  mutate: mutateProtobuf,
  words: [],
  *seeds() {
    yield* vectorBytes('messages', 'content')
    yield* vectorBytes('config', 'content')
    yield encodeContent(textContent({ body: 'x', timestamp: unixMillis(NOW), syncTarget: bob.accountId }))
  },
  run(input) {
    const content = decodeContent(input)
    const encoded = encodeContent(content)
    mustEqualBytes(encodeContent(decodeContent(encoded)), encoded, 'a content is written and read')
    for (const sender of [alice.accountId, bob.accountId]) {
      const read = readContent(content, { sender, self: bob.accountId })
      must(read.kind !== 'text' || [...read.body].length <= 2000, 'a text is bounded')
    }
    return content
  },
  output: { base: 8192, factor: 64 },
}

/** A plaintext in the profile's namespace, behind a byte that says whether it is padded; sealed here by hand. */
const configs: FuzzTarget = {
  name: 'config-item',
  sources: [
    'items',
    'message',
    'diff',
    'data',
    'merge',
    'multi-part',
    'state',
    'state-codec',
    'user-profile',
    'cipher',
  ].map((file) => `protocol/src/config/${file}.ts`),
  mutate: behindSelector(mutateBt),
  words: [
    'd1:#i1e1:&de1:<le1:=dee',
    '1:#',
    '1:&',
    '1:<',
    '1:=',
    '1:~',
    'm',
    'z',
    '1:n5:Alice',
    '1:ti1e',
    '1:Ti1e',
    'lli1eeli2eee',
  ],
  *seeds() {
    const mark = Uint8Array.of(0)
    for (const key of ['plaintext', 'bytes', 'reserialized'])
      for (const bytes of vectorBytes('config', key)) yield concatBytes(mark, bytes)
    yield concatBytes(mark, utf8('ml32:'), new Uint8Array(32), utf8('1:\x001:\x023:abce'))
  },
  run(input) {
    const now = unixMillis(NOW)
    const items = [{ hash: HASH, data: sealedConfig(input.subarray(1)) }]
    const own = createUserProfile(NAME, now)
    const found = openUserProfile({ crypto, keys: alice, items, now })
    const merged = openUserProfile({ crypto, keys: alice, items, now, current: own })
    for (const state of [found, merged]) {
      mustBeSaved(state)
      const push = buildUserProfile({ crypto, keys: alice, state, now })
      const stored = push.items.map((data, index) => ({ hash: `${'B'.repeat(42)}${index}` as MessageHash, data }))
      const again = openUserProfile({ crypto, keys: alice, items: stored, now })
      must(again.displayName === state.displayName, 'what is pushed is what another device reads')
    }
    return [found, merged]
  },
  output: { base: 65_536, factor: 64 },
  steps: { base: 400_000, factor: 2000 },
}

/** Rows of the lag that are out of reach are not written again: what is compared is what is written. */
function mustBeSaved(state: ProfileState): void {
  const encoded = encodeProfileState(state)
  mustEqualBytes(encodeProfileState(decodeProfileState(encoded)), encoded, 'the state of a profile is saved and loaded')
}

/** docs/protocol/config.md §4 */
function sealedConfig(plaintext: Uint8Array): Uint8Array {
  const size = new Uint8Array(8)
  new DataView(size.buffer).setBigUint64(0, BigInt(plaintext.length))
  const base = alice.signing.secretKey.use((key) => key.slice(0, 32))
  const key = crypto.blake2b(32, concatBytes(base, size, utf8('UserProfile')))
  const nonce = new Uint8Array(24)
  return concatBytes(crypto.xchacha20Poly1305Seal(key, nonce, plaintext), nonce)
}

/** A saved state: of the own disk, but a disk can be damaged. */
const states: FuzzTarget = {
  name: 'profile-state',
  sources: ['protocol/src/config/state-codec.ts'],
  mutate: mutateBt,
  words: ['i0e', 'i1e', 'i2e', 'version', 'kind', 'message', 'base', 'current', 'obsolete', 'sets', HASH],
  *seeds() {
    const dirty = createUserProfile(NAME, unixMillis(NOW))
    yield encodeProfileState(dirty)
    yield encodeProfileState(buildUserProfile({ crypto, keys: alice, state: dirty, now: unixMillis(NOW) }).state)
  },
  run(input) {
    const state = decodeProfileState(input)
    mustBeSaved(state)
    return state
  },
  output: { base: 8192, factor: 64 },
}

const phrases: FuzzTarget = {
  name: 'recovery-phrase',
  sources: ['protocol/src/identity/recovery-phrase.ts', 'protocol/src/identity/recovery-words.ts'],
  mutate: mutateBytes,
  words: ['abbey', ' ', 'zoom', 'faxed', 'amaze', '\u00a0'],
  *seeds() {
    for (const phrase of vectorTexts('messages', 'phrase_text')) yield utf8(phrase)
  },
  run(input) {
    const text = fromUtf8(input)
    const checked = checkRecoveryWord(text)
    must(checked.kind === 'known' || checked.suggestions.length <= 6, 'suggestions are few')
    const seed = parseRecoveryPhrase(text)
    mustEqualBytes(parseRecoveryPhrase(encodeRecoveryPhrase(seed)), seed, 'a phrase is written and read')
    return seed
  },
}

/** Short texts, behind a byte that says what they are. */
const texts: FuzzTarget = {
  name: 'texts',
  sources: [
    'protocol/src/bytes/utf8.ts',
    'protocol/src/bytes/base64.ts',
    'protocol/src/bytes/hex.ts',
    'protocol/src/identity/display-name.ts',
    'protocol/src/identity/account-id.ts',
  ],
  mutate: behindSelector(mutateBytes),
  words: [
    '=',
    '==',
    '05',
    '\u00e4',
    '\xed\xa0\x80',
    '\xf0\x9f\x98\x80',
    '\xe2\x80\x8b',
    '\xc0\x80',
    '\xf4\x90\x80\x80',
  ],
  *seeds() {
    const samples = [
      '',
      'AAAA',
      'AAA=',
      'AA==',
      'AA',
      'ABCDEF',
      alice.accountId,
      'Zoë 😀',
      '\u200b x \ufeff',
      'é'.repeat(60),
      `${'x'.repeat(99)}😀`,
    ]
    for (const kind of [0, 1, 2, 3, 4, 5])
      for (const sample of samples) yield concatBytes(Uint8Array.of(kind), utf8(sample))
  },
  run(input) {
    const bytes = input.subarray(1)
    const text = fromUtf8(bytes)
    mustEqualBytes(utf8(text), bytes, 'UTF-8 has one form')
    switch ((input[0] ?? 0) % 6) {
      case 0: {
        const decoded = fromBase64(text)
        mustEqualBytes(fromBase64(toBase64(decoded)), decoded, 'base64 is written and read')
        return decoded
      }
      case 1:
        return must(toHex(fromHex(text)) === text.toLowerCase(), 'hex is written and read')
      case 2:
        return must(parseAccountId(text) === text, 'an account ID is what it is')
      case 3:
        return must(parseOwner(text) === text.toLowerCase(), 'an owner is in lower case')
      case 4: {
        const name = parseDisplayName(text)
        return must(parseDisplayName(name) === name, 'a name that was cut stays as it is')
      }
      default: {
        const name = truncateDisplayName(text)
        return must(
          name === undefined || (utf8(name).length <= 100 && parseDisplayName(name) === name),
          'a name is bounded',
        )
      }
    }
  },
}

export const clientTargets: readonly FuzzTarget[] = [messages, sealed, contents, configs, states, phrases, texts]
