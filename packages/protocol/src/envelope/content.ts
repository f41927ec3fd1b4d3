/** What a message says, in every kind: `Content`. docs/protocol/envelope.md §2. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { MalformedInputError } from '../errors.ts'
import { Content } from './generated/content.ts'
import { decodeProtobuf, encodeProtobuf } from './protobuf.ts'

type Part<T> = NonNullable<T> extends readonly (infer Item)[] ? Item : NonNullable<T>
/** Which fields of a message and its parts must be there: the generated types make all of them optional. */
type RequiredFields<T> = {
  readonly fields?: readonly (keyof T & string)[]
  readonly parts?: { readonly [Key in keyof T]?: RequiredFields<Part<T[Key]>> }
}
type AnyRequiredFields = {
  readonly fields?: readonly string[]
  readonly parts?: Readonly<Record<string, AnyRequiredFields>>
}

const REQUIRED: RequiredFields<Content> = {
  parts: {
    dataMessage: {
      parts: {
        attachments: { fields: ['id'] },
        quote: { fields: ['id', 'author'] },
        preview: { fields: ['url'], parts: { image: { fields: ['id'] } } },
        reaction: { fields: ['id', 'author'] },
        openGroupInvitation: { fields: ['url', 'name'] },
        groupUpdateMessage: {
          parts: {
            inviteMessage: { fields: ['groupSessionId', 'name', 'memberAuthData', 'adminSignature'] },
            infoChangeMessage: { fields: ['type', 'adminSignature'] },
            memberChangeMessage: { fields: ['type', 'adminSignature'] },
            promoteMessage: { fields: ['groupIdentitySeed', 'name'] },
            inviteResponse: { fields: ['isApproved'] },
          },
        },
      },
    },
    callMessage: { fields: ['type', 'uuid'] },
    receiptMessage: { fields: ['type'] },
    typingMessage: { fields: ['timestamp', 'action'] },
    dataExtractionNotification: { fields: ['type'] },
    unsendRequest: { fields: ['timestamp', 'author'] },
    messageRequestResponse: { fields: ['isApproved'] },
  },
}

/** @throws {MalformedInputError} `envelope`, if a required field is missing or a number does not fit its field. */
export function encodeContent(content: Content): Uint8Array {
  checkRequired(content, REQUIRED as AnyRequiredFields, 'content')
  return encodeProtobuf(Content, content)
}

/**
 * Byte fields share the memory of `bytes`. Every value is the sender's word: readers judge it.
 *
 * @throws {MalformedInputError} `envelope`, if it is not protobuf or a required field is missing.
 */
export function decodeContent(bytes: Uint8Array): Content {
  const content = decodeProtobuf(Content, bytes)
  checkRequired(content, REQUIRED as AnyRequiredFields, 'content')
  return content
}

const DATA_MESSAGE = 1
/** Declared, or known and done with: what old clients wrote there is no loss. */
const KNOWN_FIELDS = new Set([1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
const KNOWN_DATA_FIELDS = new Set([1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 101, 102, 104, 105, 106, 120])

/** Whether a content that `decodeContent` accepts says something that this version does not know. */
export function hasForeignParts(bytes: Uint8Array): boolean {
  try {
    return hasOtherFields(bytes, KNOWN_FIELDS, (reader) => hasOtherFields(reader.bytes(), KNOWN_DATA_FIELDS))
  } catch {
    return true // a field within the message that is none: decoders stop there, so something was not read
  }
}

function hasOtherFields(
  bytes: Uint8Array,
  known: ReadonlySet<number>,
  lookInto?: (reader: BinaryReader) => boolean,
): boolean {
  const reader = new BinaryReader(bytes)
  let isFound = false
  while (reader.pos < reader.len && !isFound) {
    const [field, wireType] = reader.tag()
    if (!known.has(field)) isFound = true
    else if (lookInto && field === DATA_MESSAGE && wireType === WireType.LengthDelimited) isFound = lookInto(reader)
    else reader.skip(wireType, field)
  }
  return isFound
}

function checkRequired(value: unknown, required: AnyRequiredFields, path: string): void {
  if (value === undefined) return
  if (Array.isArray(value)) {
    for (const item of value) checkRequired(item, required, path)
    return
  }
  const message = value as Readonly<Record<string, unknown>>
  for (const field of required.fields ?? []) {
    if (message[field] === undefined) throw new MalformedInputError('envelope', `${path}.${field} is missing`)
  }
  for (const [key, part] of Object.entries(required.parts ?? {})) checkRequired(message[key], part, `${path}.${key}`)
}
