import type { Brand } from '../brand.ts'
import { MalformedInputError } from '../errors.ts'

/** `03` and an Ed25519 public key: 66 lower-case hex digits. */
export type GroupId = Brand<string, 'GroupId'>

/** @throws {MalformedInputError} `group_id` */
export function parseGroupId(text: string): GroupId {
  if (!/^03[0-9a-f]{64}$/.test(text)) throw new MalformedInputError('group_id', `${text.length} characters`)
  return text as GroupId // the only cast to GroupId in the repository
}
