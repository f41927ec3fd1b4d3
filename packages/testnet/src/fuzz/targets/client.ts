/** What a client reads from its swarm, and from people: messages, contents, phrases, names. */
import {
  buildContent,
  buildStoredMessage,
  checkRecoveryWord,
  concatBytes,
  decodeContent,
  encodeContent,
  encodeRecoveryPhrase,
  findMentions,
  fromBase64,
  fromHex,
  fromUtf8,
  hasForeignParts,
  isEmoji,
  openStoredMessage,
  parseAccountId,
  parseDisplayName,
  parseOwner,
  parseRecoveryPhrase,
  type ReadContent,
  readContent,
  toBase64,
  toHex,
  truncateDisplayName,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { seededRandom } from '@starling/runtime/testing'
import { mustEqualBytes } from '../equal.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { behindSelector } from '../mutate-combined.ts'
import { mutateProtobuf, writeFields } from '../mutate-protobuf.ts'
import { alice, bob, crypto, NOW } from '../people.ts'
import { type FuzzTarget, must } from '../target.ts'
import { vectorBytes, vectorTexts } from '../vectors.ts'

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
  const content = buildContent(
    { kind: 'visible', text: 'hello' },
    { timestamp: unixMillis(NOW), profile: { name: NAME, updatedSeconds: 1 } },
  )
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
  sources: ['sealed-message', 'padding', 'content', 'read-content', 'read-parts', 'protobuf'].map(
    (file) => `protocol/src/envelope/${file}.ts`,
  ),
  mutate: mutateProtobuf,
  words: ['\x80', '\x80\0\0', '\0'],
  *seeds() {
    yield* vectorBytes('messages', 'content')
    yield* vectorBytes('messages', 'padded')
  },
  run(input) {
    const opened = openStoredMessage({ crypto, data: sealedFor(input), recipient: bob })
    const { content, sender } = opened
    must(sender === alice.accountId, 'a message is of who signed it')
    return [readContent(content, { ...opened, self: bob.accountId }), content]
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
    'read-content',
    'read-parts',
    'message-text',
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
    yield encodeContent(
      buildContent({ kind: 'visible', text: 'x' }, { timestamp: unixMillis(NOW), syncTarget: bob.accountId }),
    )
  },
  run(input) {
    const content = decodeContent(input)
    const encoded = encodeContent(content)
    mustEqualBytes(encodeContent(decodeContent(encoded)), encoded, 'a content is written and read')
    for (const sender of [alice.accountId, bob.accountId]) {
      const options = { sender, self: bob.accountId, hasForeignParts: hasForeignParts(input) }
      mustBeBounded(readContent(content, options), sender === bob.accountId)
    }
    return content
  },
  output: { base: 8192, factor: 64 },
}

/** What a person is shown, and what is acted on, keeps to the rules whatever came. docs/protocol/envelope.md §6 */
function mustBeBounded(read: ReadContent, isOwn: boolean): void {
  must(isOwn || read.syncTarget === undefined, 'nobody else files messages as ours')
  must(read.profile === undefined || !isOwn, 'we learn nothing of ourselves from messages')
  must(read.expiration === undefined || read.expiration.seconds > 0, 'a timer runs')
  if (read.kind === 'unsend') must(isOwn || read.target.author === alice.accountId, 'only authors take back')
  if (read.kind === 'reaction') must(isEmoji(read.emoji), 'a reaction is one')
  if (read.kind !== 'visible') return
  const { text, attachments, previews, invitation } = read
  must([...text].length <= 10_000, 'a text is bounded')
  must(text.trim() !== '' || attachments.length > 0 || invitation !== undefined, 'there is something to see')
  must(attachments.length <= 32 && previews.length <= 4, 'parts are few')
  for (const { url } of previews) must(text.includes(url), 'a preview is of what the text says')
  for (const { url } of attachments) must(url === '' || /^https?:/i.test(url), 'files lie on servers')
  for (const { start, end, account } of findMentions(text)) must(text.slice(start, end) === `@${account}`, 'a mention')
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

export const clientTargets: readonly FuzzTarget[] = [messages, sealed, contents, phrases, texts]
