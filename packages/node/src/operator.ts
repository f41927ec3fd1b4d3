/** For the operator's commands: configuration, key files and what a node says of itself, without the node. */
export { ConfigError, type NodeConfig, readConfig } from './config.ts'
export { keepIntent } from './directory/leaving.ts'
export { DATABASE, HTTPS_CERTIFICATE, HTTPS_KEY, LEAVING_MARK, NODE_KEY, OPERATOR_TOKEN } from './file-names.ts'
export { readKey, readOrCreateKey } from './key-file.ts'
export type { OperatorStatus } from './metrics/operator-status.ts'
