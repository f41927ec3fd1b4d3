import { MessengerError } from '@starling/protocol'

/** 0: done; 1: it did not work; 2: the command line is wrong. */
export type ExitCode = 0 | 1 | 2

/**
 * What a person is told. `message` is written for them: what happened, whether anything is lost, what to do. It may
 * hold paths and ports of this machine, but no key, no phrase and no text of a message.
 */
export class CliError extends MessengerError {
  override readonly name = 'CliError'
  readonly fault = 'environment'
  readonly code:
    | 'account_exists'
    | 'account_missing'
    | 'account_unavailable'
    | 'app_build'
    | 'cancelled'
    | 'conversation_missing'
    | 'folder_not_ours'
    | 'invalid_input'
    | 'key_backup'
    | 'key_file'
    | 'keys_exist'
    | 'message_failed'
    | 'network_differs'
    | 'network_file'
    | 'network_not_ready'
    | 'network_running'
    | 'node_config'
    | 'node_exists'
    | 'node_not_running'
    | 'node_refused'
    | 'port_taken'
    | 'release_key'
    | 'timeout'
  readonly exitCode: ExitCode
  constructor(code: CliError['code'], sentences: string, options?: ErrorOptions) {
    super(sentences, options)
    this.code = code
    this.exitCode = code === 'invalid_input' || code === 'node_config' ? 2 : 1
  }
}
