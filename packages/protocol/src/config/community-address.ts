/** Where a community is. docs/protocol/config.md §5.5. */
import { fromHex, toHex } from '../bytes/hex.ts'
import { MalformedInputError } from '../errors.ts'

export type CommunityAddress = {
  /** Canonical: scheme, lower-case host, port unless it is the scheme's; at most 267 characters. */
  readonly baseUrl: string
  /** In the case that its server shows; its key is the lower-case form. */
  readonly room: string
  /** 32 bytes. */
  readonly serverKey: Uint8Array
}

const MAX_BASE_URL = 267
const BASE = /^(https?):\/\/([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?\/?$/
const FULL = /^(.*?)\/(?:r\/)?([A-Za-z0-9_-]{1,64})\?public_key=([0-9a-fA-F]{64})$/
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

/** @throws {MalformedInputError} `community_address`: no http(s) address of a server alone, or too long. */
export function parseBaseUrl(text: string): string {
  const [, scheme = '', host = '', port] = BASE.exec(text.toLowerCase()) ?? refuse(text)
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) refuse(text)
  const isDefault = port === undefined || Number(port) === Number(DEFAULT_PORTS[scheme])
  const canonical = `${scheme}://${host}${isDefault ? '' : `:${Number(port)}`}`
  return canonical.length > MAX_BASE_URL ? refuse(text) : canonical
}

/** From `base/room?public_key=…` or `base/r/room?public_key=…`. @throws {MalformedInputError} `community_address` */
export function parseCommunityAddress(text: string): CommunityAddress {
  const [, base = '', room = '', key = ''] = FULL.exec(text) ?? refuse(text)
  return { baseUrl: parseBaseUrl(base), room, serverKey: fromHex(key.toLowerCase()) }
}

export function formatCommunityAddress({ baseUrl, room, serverKey }: CommunityAddress): string {
  return `${baseUrl}/${room}?public_key=${toHex(serverKey)}`
}

function refuse(text: string): never {
  throw new MalformedInputError('community_address', `${text.length} characters`)
}
