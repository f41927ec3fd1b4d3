/**
 * The only way into the generated protobuf code: foreign bytes are bounded, and fail with one typed error. Text goes
 * through the engine's own UTF-8 (`@bufbuild/protobuf` finds it): what is not UTF-8 reads as U+FFFD, because some clients
 * cut text in the middle of a character, and their messages are still worth reading.
 */
import { BinaryReader, type BinaryWriter } from '@bufbuild/protobuf/wire'
import { MalformedInputError } from '../errors.ts'

/** What a node stores for one message, at most. docs/protocol/storage-rpc.md §7. */
export const MAX_STORED_MESSAGE_BYTES = 76_800

type Message<T> = { encode(value: T): BinaryWriter; decode(reader: BinaryReader): T }

/** @throws {MalformedInputError} `envelope`, if a number does not fit its field. */
export function encodeProtobuf<T>(message: Message<T>, value: T): Uint8Array {
  try {
    return message.encode(value).finish()
  } catch (error) {
    throw new MalformedInputError('envelope', 'a value does not fit its field', { cause: error })
  }
}

/**
 * Byte fields of the result share the memory of `bytes`. Fields that are not declared are skipped.
 *
 * @throws {MalformedInputError} `envelope`, on more than 76,800 bytes, truncation, bytes that are no field, nesting over 100.
 */
export function decodeProtobuf<T>(message: Message<T>, bytes: Uint8Array): T {
  if (bytes.length > MAX_STORED_MESSAGE_BYTES) throw new MalformedInputError('envelope', `${bytes.length} bytes`)
  try {
    checkFields(bytes)
    return message.decode(new BinaryReader(bytes))
  } catch (error) {
    throw new MalformedInputError('envelope', 'not protobuf', { cause: error })
  }
}

/** The generated decoders stop in silence at a tag that cannot be; what is behind it must not go unnoticed. */
function checkFields(bytes: Uint8Array): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    reader.skip(wireType, field)
  }
}
