/** Errors as plain data, since a port carries no classes. */
import {
  AccountIdError,
  DisplayNameError,
  MalformedInputError,
  MessengerError,
  RecoveryPhraseError,
} from '@starling/client'
import { isRecord } from './plain-data.ts'

type Fault = MessengerError['fault']

/** What is left of an error on its way: its class by name, its code, and those of its fields that are plain. */
export type ErrorRecord = {
  readonly name: string
  readonly code: string
  readonly fault: Fault
  readonly fields: Readonly<Record<string, string | number | boolean>>
}

/** An error of the worker that has no class of its own on the page. */
export class RemoteError extends MessengerError {
  override readonly name = 'RemoteError'
  readonly fault: Fault
  readonly code: string
  readonly fields: ErrorRecord['fields']
  constructor(record: ErrorRecord) {
    super(`${record.name} ${record.code}`)
    this.code = record.code
    this.fault = record.fault
    this.fields = record.fields
  }
}

/** Of an error that is not ours nothing but "unknown" goes out: its message may hold anything. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof MessengerError)) return unknownError
  const fields = Object.entries(error).filter(
    ([key, value]) => isPlain(value) && !['name', 'code', 'fault'].includes(key),
  )
  return { name: error.name, code: error.code, fault: error.fault, fields: Object.fromEntries(fields) }
}

export function parseErrorRecord(data: unknown): ErrorRecord {
  if (!isRecord(data) || typeof data['name'] !== 'string' || typeof data['code'] !== 'string') return unknownError
  if (!isFault(data['fault']) || !isRecord(data['fields'])) return unknownError
  const fields = Object.fromEntries(
    Object.entries(data['fields']).filter((entry): entry is [string, string | number | boolean] => isPlain(entry[1])),
  )
  return { name: data['name'], code: data['code'], fault: data['fault'], fields }
}

/** The error again, of its own class where the page knows it. */
export function reviveError(record: ErrorRecord): MessengerError {
  const { name, code, fields } = record
  const { reason, wordIndex, wordCount } = fields
  if (name === 'RecoveryPhraseError' && isPhraseCode(code)) {
    return new RecoveryPhraseError(code, {
      ...(typeof wordIndex === 'number' ? { wordIndex } : {}),
      ...(typeof wordCount === 'number' ? { wordCount } : {}),
    })
  }
  if (name !== 'MalformedInputError') return new RemoteError(record)
  if (code === 'account_id' && isAccountIdReason(reason)) return new AccountIdError(reason, 0)
  if (code === 'display_name' && isDisplayNameReason(reason)) return new DisplayNameError(reason, 0)
  return new MalformedInputError(code as MalformedInputError['code'], 'as the worker says')
}

const unknownError: ErrorRecord = { name: 'Error', code: 'unknown', fault: 'bug', fields: {} }

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function isFault(value: unknown): value is Fault {
  return value === 'bug' || value === 'caller' || value === 'input' || value === 'environment'
}

function isPhraseCode(code: string): code is RecoveryPhraseError['code'] {
  return ['word_count', 'long_phrase', 'unknown_word', 'invalid_group', 'checksum'].includes(code)
}

function isAccountIdReason(reason: unknown): reason is AccountIdError['reason'] {
  return reason === 'length' || reason === 'alphabet' || reason === 'prefix'
}

function isDisplayNameReason(reason: unknown): reason is DisplayNameError['reason'] {
  return reason === 'empty' || reason === 'too_long'
}
