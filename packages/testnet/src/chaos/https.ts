/** Requests to a node's HTTPS port, whose certificate nobody signed. Whatever goes wrong is no answer. */
import { Agent, request } from 'node:https'

const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 64 })
/** More than the five seconds after which a node gives up on another one. */
const TIMEOUT_MS = 10_000

export type HttpsAnswer = { readonly status: number; readonly body: Uint8Array }

export function get(port: number, path: string): Promise<HttpsAnswer | undefined> {
  return send(port, path, undefined)
}

export function post(port: number, path: string, body: string): Promise<HttpsAnswer | undefined> {
  return send(port, path, body)
}

/** A storage request; a body that is JSON is parsed. */
export async function ask(
  port: number,
  method: string,
  params: object,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> } | undefined> {
  const answer = await post(port, '/storage_rpc/v1', JSON.stringify({ method, params }))
  if (!answer) return undefined
  const text = Buffer.from(answer.body).toString()
  return { status: answer.status, body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {} }
}

export function closeConnections(): void {
  agent.destroy()
}

function send(port: number, path: string, body: string | undefined): Promise<HttpsAnswer | undefined> {
  return new Promise((resolve) => {
    const options = { agent, host: '127.0.0.1', port, path, method: body === undefined ? 'GET' : 'POST' }
    const sent = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => resolve(undefined))
      response.on('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(chunks) }))
    })
    const timer = setTimeout(() => sent.destroy(), TIMEOUT_MS)
    sent.on('error', () => resolve(undefined))
    sent.on('close', () => {
      clearTimeout(timer)
      resolve(undefined) // after an answer this says nothing new
    })
    sent.end(body)
  })
}
