export { NoRouteError, SimulatedNetwork, type WireFaults } from './simulated-network.ts'
export { SimulatedNode } from './simulated-node.ts'
export { TestClient } from './test-client.ts'
export { TestNet, type TestNetOptions } from './test-net.ts'
