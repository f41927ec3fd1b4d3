import type { Crypto, Decompress, Descriptor, NetworkFile, PassphraseCost, RandomBytes } from '@starling/protocol'
import type { Clock, Logger } from '@starling/runtime'
import type { FileStorage } from './files/file-storage.ts'
import type { PreviewFetcher } from './files/preview-fetcher.ts'
import type { KeyVault } from './store/key-vault.ts'
import type { LocalStore } from './store/local-store.ts'
import type { Transport } from './transport/transport.ts'

/** The ports of a client, from its composition root. */
export type ClientOptions = {
  readonly network: NetworkFile
  /** `compatible`: of storage servers that know nothing of ours; see `compatibleNetwork`. Native, unless told. */
  readonly networkKind?: 'native' | 'compatible'
  readonly clock: Clock
  readonly random: RandomBytes
  readonly crypto: Crypto
  readonly logger: Logger
  readonly transport: Transport
  /** Belongs to the client from then on, which closes it. */
  readonly store: LocalStore
  readonly vault: KeyVault
  /** What guessing a passphrase shall cost; `PASSPHRASE_COST`, unless told. */
  readonly passphraseCost?: PassphraseCost
  /** Whether the platform can reach a node at all, as a guard; everywhere, unless told. */
  readonly canReach?: (node: Descriptor) => boolean
  /** Where encrypted files lie; without it, sending and receiving them fails with `files_unavailable`. */
  readonly files?: FileStorage | undefined
  /** Another way to the pages of which link previews are made than the services that the network file lists. */
  readonly previews?: PreviewFetcher | undefined
  /** Reads zstd, in which other apps write profiles; without it theirs stay unread. */
  readonly decompress?: Decompress | undefined
}
