/**
 * Everything that sees foreign bytes. A file of targets is loaded when one of them is run: the more code is loaded, the
 * longer it takes to ask what was reached.
 */
import type { FuzzTarget } from './target.ts'

const FILES: readonly { readonly names: readonly string[]; load(): Promise<readonly FuzzTarget[]> }[] = [
  { names: ['rpc-request', 'rpc-answer'], load: async () => (await import('./targets/rpc.ts')).rpcTargets },
  { names: ['bencode', 'forward', 'member-entry'], load: async () => (await import('./targets/bt.ts')).btTargets },
  {
    names: ['monitor-request', 'monitor-push', 'rpc-bt-request'],
    load: async () => (await import('./targets/monitor.ts')).monitorTargets,
  },
  { names: ['member-frame'], load: async () => (await import('./targets/members.ts')).memberTargets },
  {
    names: ['onion-body', 'onion-relay-frame', 'onion-layer', 'onion-reply'],
    load: async () => (await import('./targets/onion.ts')).onionTargets,
  },
  {
    names: ['link-stream', 'link-frame', 'link-session'],
    load: async () => (await import('./targets/link.ts')).linkTargets,
  },
  {
    names: ['directory-document', 'directory-changes', 'descriptor', 'network-file-json', 'network-file-binary'],
    load: async () => (await import('./targets/directory.ts')).directoryTargets,
  },
  {
    names: ['stored-message', 'sealed-content', 'content', 'recovery-phrase', 'texts'],
    load: async () => (await import('./targets/client.ts')).clientTargets,
  },
  { names: ['config-item', 'profile-state'], load: async () => (await import('./targets/config.ts')).configTargets },
  {
    names: ['file-blob', 'file-url', 'web-page'],
    load: async () => (await import('./targets/files.ts')).fileTargets,
  },
  { names: ['page-request'], load: async () => (await import('./targets/pages.ts')).pageTargets },
  {
    names: ['node-rpc', 'node-public', 'node-peer', 'node-link'],
    load: async () => (await import('./targets/node.ts')).nodeTargets,
  },
]

/** Those of one file stand together: one thread runs them. */
export const TARGET_GROUPS: readonly (readonly string[])[] = FILES.map(({ names }) => names)

/** @throws {RangeError} if there is none of that name. */
export async function loadTarget(name: string): Promise<FuzzTarget> {
  const file = FILES.find(({ names }) => names.includes(name))
  const target = (await file?.load())?.find((each) => each.name === name)
  if (target === undefined) throw new RangeError(`no target ${name}`)
  return target
}
