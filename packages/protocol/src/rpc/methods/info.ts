/** `info`: version and clock of a node. */
import type { UnixMillis } from '../../brand.ts'
import { MalformedInputError } from '../../errors.ts'
import { timestamp } from '../fields.ts'
import { defineMethod, present, readResult } from '../method.ts'

export type InfoResult = { readonly version: readonly [number, number, number]; readonly timestamp: UnixMillis }

export const info = defineMethod({
  name: 'info',
  recursive: false,
  notForwarded: [],
  fields: {},
  read: () => ({}),
  write: () => ({}),
  access: undefined,
  result: {
    write: ({ version, timestamp }: InfoResult) => ({ version, timestamp }),
    read(body): InfoResult {
      const { version } = body
      if (!Array.isArray(version) || version.length !== 3 || !version.every(Number.isSafeInteger)) {
        throw new MalformedInputError('rpc_result', 'version')
      }
      const time = readResult({ timestamp }, body, 'json').timestamp
      return { version: version as [number, number, number], timestamp: present(time, 'timestamp') }
    },
  },
})
