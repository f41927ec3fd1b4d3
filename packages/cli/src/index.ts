export { type AppServer, type AppServerOptions, startAppServer } from './app-server/app-server.ts'
export { CliError, type ExitCode } from './cli-error.ts'
export type { NodeHealth } from './local-network/health.ts'
export { type LocalNetwork, startLocalNetwork } from './local-network/local-network.ts'
export {
  type LocalNetworkEvent,
  type LocalNetworkOptions,
  type LocalNode,
  NetworkRunningError,
} from './local-network/options.ts'
export { main } from './main.ts'
export type { Ask, CliPorts, Input, Interrupts, OpenClient, Output } from './ports.ts'
