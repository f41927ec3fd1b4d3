/** Whose move it is: fix our code, fix the call, refuse what came from outside, or try again later. */
export type Fault = 'bug' | 'caller' | 'input' | 'environment'

/**
 * The root of every error that this repository throws on purpose. Match on `code`, which is stable, never on `message`.
 * A message holds sizes, codes and field names; never keys, plaintext, account IDs, addresses or bodies.
 */
export abstract class MessengerError extends Error {
  abstract readonly fault: Fault
  abstract readonly code: string
}

/** What came from outside does not have the form that it must have. */
export class MalformedInputError extends MessengerError {
  override readonly name = 'MalformedInputError'
  readonly fault = 'input'
  readonly code: MalformedInput
  constructor(code: MalformedInput, detail: string, options?: ErrorOptions) {
    super(`malformed ${code}: ${detail}`, options)
    this.code = code
  }
}

export type MalformedInput =
  | 'hex'
  | 'base64'
  | 'utf8'
  | 'account_id'
  | 'owner'
  | 'group_id'
  | 'community_address'
  | 'node_id'
  | 'public_key'
  | 'account_seed'
  | 'display_name'
  | 'message_hash'
  | 'record_id'
  | 'swarm_id'
  | 'namespace'
  | 'padding'
  | 'message_text'
  | 'attachment'
  | 'reaction'
  | 'link_preview'
  | 'envelope'
  | 'envelope_version'
  | 'onion_payload'
  | 'onion_layer'
  | 'onion_reply'
  | 'rpc_request'
  | 'rpc_result'
  | 'link_frame'
  | 'network_file'
  | 'descriptor'
  | 'config'
  | 'app_build'

/**
 * Authenticated data did not authenticate, or a signature is wrong. One error for every cause, on purpose;
 * `timestamp_mismatch`: the time outside a sealed message is not the one that its sender signed.
 */
export class AuthenticationError extends MessengerError {
  override readonly name = 'AuthenticationError'
  readonly fault = 'input'
  readonly code: 'open_failed' | 'bad_signature' | 'weak_public_key' | 'timestamp_mismatch'
  constructor(code: AuthenticationError['code'], options?: ErrorOptions) {
    super(code.replaceAll('_', ' '), options)
    this.code = code
  }
}

/** Ends a `switch` over a union: does not compile while a kind is unhandled, and throws if one gets through all the same. */
export function unreachable(value: never): never {
  throw new UnreachableError(typeof value)
}

class UnreachableError extends MessengerError {
  override readonly name = 'UnreachableError'
  readonly fault = 'bug'
  readonly code = 'unreachable'
  constructor(type: string) {
    super(`unhandled kind of ${type}`)
  }
}
