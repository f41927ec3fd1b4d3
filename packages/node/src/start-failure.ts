/** Why a node did not start, in sentences for its operator. Text of errors from elsewhere is not shown: it may hold anything. */
import { MalformedInputError, MessengerError } from '@starling/protocol'
import { ConfigError } from './config.ts'
import { NodeStoreError } from './storage/node-store-error.ts'

export type StartFailure = { readonly text: string; readonly exitStatus: 1 | 2 }

const STORE_ADVICE: Readonly<Partial<Record<NodeStoreError['code'], string>>> = {
  full: 'the disk of the data folder is full, or the database has reached maxStorageBytes. Make room, or raise the bound.',
  not_writable: 'the data folder or the database cannot be written to. It must belong to the user that runs the node.',
  damaged:
    'the database is damaged. Move messages.sqlite, messages.sqlite-wal and messages.sqlite-shm away, and start again: ' +
    'the node fetches its messages from the other members of its swarm. Then test the disk.',
  schema: 'the database is of a newer version of this program, or of another one. Use the newer version.',
  io: 'the disk refuses to read or write. Look at the log of the system, and test the disk.',
}

const SYSTEM_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'a port is taken by another program, or this node runs already. `starling node check` shows which port.',
  EADDRNOTAVAIL: '`host` is no address of this machine: it is where to listen, usually 0.0.0.0.',
  EACCES:
    'the system refuses a file or a port. Ports below 1024 need rights; the data folder must belong to this user.',
  ENOSPC: 'the disk is full.',
  EMFILE: 'too few open files are allowed: raise them with LimitNOFILE or ulimit -n.',
}

/** `undefined`: nobody expected it, and its stack is worth a report. */
export function explainStartFailure(error: unknown): StartFailure | undefined {
  if (error instanceof ConfigError) return { text: error.message, exitStatus: 2 }
  if (error instanceof MalformedInputError && error.code === 'network_file') {
    return { text: `the network file is not valid (${error.message})`, exitStatus: 2 }
  }
  if (error instanceof NodeStoreError) {
    return { text: STORE_ADVICE[error.code] ?? error.message, exitStatus: 1 }
  }
  if (error instanceof MessengerError) return { text: error.message, exitStatus: 1 }
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  return code === undefined ? undefined : { text: SYSTEM_ADVICE[code] ?? `the system answered ${code}`, exitStatus: 1 }
}
