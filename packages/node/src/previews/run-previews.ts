/** The composition root of a preview service. */
import type { X25519PublicKey } from '@starling/protocol'
import { type Logger, systemClock, systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { readOrCreateEncryptionKey } from '../key-file.ts'
import { isPublicAddress } from '../relay/public-address.ts'
import { PageFetcher } from './page-fetcher.ts'
import { type RunningPreviewServer, startPreviewServer } from './preview-server.ts'
import { PreviewService } from './preview-service.ts'

export type RunPreviewsOptions = {
  /** Holds 64 hex digits, for its owner alone; made if it is not there. */
  readonly keyFile: string
  readonly host: string
  /** 0: any. */
  readonly port: number
  readonly logger: Logger
}

export type RunningPreviews = RunningPreviewServer & {
  /** For the network file. */
  readonly key: X25519PublicKey
}

/**
 * Starts a service that fetches pages from public addresses. Disposing ends every request.
 *
 * @throws {ConfigError} `unreadable`: the key file. Rejects with the system's error if it cannot listen.
 */
export async function runPreviews({ keyFile, ...listening }: RunPreviewsOptions): Promise<RunningPreviews> {
  const clock = systemClock()
  const random = systemRandom()
  const crypto = createNativeCrypto()
  const keys = readOrCreateEncryptionKey(keyFile, { crypto, random })
  const fetcher = new PageFetcher({ clock, isAllowed: isPublicAddress })
  const service = new PreviewService({ crypto, random, clock, keys, fetcher })
  const server = await startPreviewServer({ service, ...listening })
  return { key: keys.publicKey, port: server.port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
