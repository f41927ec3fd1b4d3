import { test } from 'node:test'
import { expect } from 'expect'
import { nodeIdOf } from '../../swarm/node-id.ts'
import { parseSwarmId } from '../../swarm/swarm-id.ts'
import { nobleCrypto } from '../../testing.ts'
import { parseRpcRequest } from '../request.ts'
import { oxendRequest, type ServiceNodesResult } from './oxend-request.ts'

const crypto = nobleCrypto()
const keys = crypto.ed25519KeyPair(new Uint8Array(32).fill(1))
const result: ServiceNodesResult = {
  height: 7,
  nodes: [
    {
      nodeId: nodeIdOf(keys.publicKey),
      x25519: crypto.ed25519ToX25519(keys.publicKey),
      ip: '192.0.2.1',
      httpsPort: 22021,
      peerPort: 22020,
      swarmId: parseSwarmId('ff'),
    },
  ],
}

test('the list of nodes has every field without which a compatible client drops it, and reads back', () => {
  const body = oxendRequest.result.write(result)
  expect(body).toEqual({
    result: {
      height: 7,
      status: 'OK',
      service_node_states: [
        expect.objectContaining({
          public_ip: '192.0.2.1',
          storage_port: 22021,
          pubkey_ed25519: result.nodes[0]!.nodeId,
          pubkey_x25519: expect.stringMatching(/^[0-9a-f]{64}$/),
          requested_unlock_height: 0,
          swarm: 'ff',
        }),
      ],
    },
  })
  expect(oxendRequest.result.read(body)).toEqual(result)
})

test('a list that is none, or a node without a field, is malformed', () => {
  const body = oxendRequest.result.write(result) as { result: { service_node_states: Record<string, unknown>[] } }
  const states = body.result.service_node_states
  for (const name of ['pubkey_ed25519', 'pubkey_x25519', 'public_ip', 'storage_port', 'swarm']) {
    const { [name]: _, ...rest } = states[0]!
    const wrong = { result: { ...body.result, service_node_states: [rest] } }
    expect(() => oxendRequest.result.read(wrong)).toThrow(expect.objectContaining({ code: 'rpc_result' }))
  }
  expect(() => oxendRequest.result.read({ result: 1 })).toThrow(expect.objectContaining({ code: 'rpc_result' }))
})

test('only the endpoint that we answer is taken; parameters of it are ignored', () => {
  const ask = (params: object) => parseRpcRequest(JSON.stringify({ method: 'oxend_request', params }))
  expect(ask({ endpoint: 'get_service_nodes', params: { active_only: true } })).toMatchObject({
    kind: 'call',
    call: { method: 'oxend_request' },
  })
  expect(ask({ endpoint: 'ons_resolve' })).toMatchObject({
    kind: 'refused',
    answer: { status: 400, body: "invalid request: Invalid oxend endpoint 'ons_resolve'" },
  })
  expect(ask({})).toMatchObject({ answer: { body: "invalid request: Required field 'endpoint' missing" } })
})
