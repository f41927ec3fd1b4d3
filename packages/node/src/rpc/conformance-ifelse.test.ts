import { after, test } from 'node:test'
import { expect } from 'expect'
import { FORMS, Swarm } from '../testing/conformance.ts'
import { type Row, testRows } from '../testing/conformance-rows.ts'

const swarm = await Swarm.create()
after(() => swarm[Symbol.asyncDispose]())

const { alice, now } = swarm
const INFO = { method: 'info', params: {} }
const requests = (list: unknown) => ({ requests: list })
const row = (method: string, name: string, params: object, status: number, body: unknown): Row => ({
  name,
  method,
  params,
  status,
  body,
})
const wrong = (method: string, name: string, params: object, detail: string) =>
  row(method, name, params, 400, `invalid request: ${detail}`)

/** No literal key: what has one could be taken for a promise. */
const THEN = 'then'
const HF = { hf_at_least: [19] }
const state = { hf: [19, 4], v: [2, 8, 0], height: 1 }
const then = (condition: object) => ({ if: condition, [THEN]: INFO })
const holds = (condition: object) =>
  row('ifelse', `${JSON.stringify(condition)} holds`, then(condition), 200, {
    ...state,
    condition: true,
    result: { code: 200, body: { t: now } },
  })
const fails = (condition: object) =>
  row('ifelse', `${JSON.stringify(condition)} does not`, then(condition), 200, { ...state, condition: false })
const nested = (depth: number): { method: string; params: object } =>
  depth === 0 ? INFO : { method: 'ifelse', params: { if: HF, [THEN]: nested(depth - 1) } }
const branches = (count: number) => ({ method: 'batch', params: requests(Array(count).fill(INFO)) })
testRows(swarm, [
  ...[
    { hf_at_least: [19, 4] },
    { hf_at_least: 19 },
    { hf_at_least: [18, 99] },
    { hf_before: [19, 5] },
    { hf_before: [20] },
    { v_at_least: [2, 8, 0] },
    { v_at_least: [2] },
    { v_before: [2, 8, 1] },
    { v_before: 3 },
    { height_at_least: 1 },
    { height_before: 2 },
    { hf_at_least: [19], v_before: [3], height_at_least: 1 },
    { hf_at_least: [19, 4, 99] },
  ].map(holds),
  ...[
    { hf_at_least: [19, 5] },
    { hf_before: [19, 4] },
    { hf_before: [19] },
    { v_at_least: [2, 8, 1] },
    { v_before: [2, 8] },
    { height_at_least: 2 },
    { height_before: 1 },
    { hf_at_least: [19], height_before: 1 },
  ].map(fails),
  wrong('ifelse', 'a condition must be there', { [THEN]: INFO }, 'Invalid ifelse request: no valid "if" field'),
  wrong('ifelse', 'a condition is an object', { if: 5, [THEN]: INFO }, 'Invalid ifelse request: no valid "if" field'),
  wrong(
    'ifelse',
    'it asks for something',
    then({}),
    'Invalid ifelse request: must specify at least one "if" condition',
  ),
  wrong(
    'ifelse',
    'for something that is known',
    then({ moon: 'full' }),
    'Invalid ifelse request: must specify at least one "if" condition',
  ),
  wrong(
    'ifelse',
    'an empty version asks for nothing',
    then({ v_before: [] }),
    'Invalid ifelse request: must specify at least one "if" condition',
  ),
  wrong(
    'ifelse',
    'a fork is numbers',
    then({ hf_at_least: ['x'] }),
    "Invalid value given for 'hf_at_least': expected integer array",
  ),
  wrong(
    'ifelse',
    'a height is a number',
    then({ height_before: 'x' }),
    "Invalid value given for 'height_before': expected integer",
  ),
  wrong(
    'ifelse',
    'there is something to do',
    { if: HF },
    'Invalid ifelse request: at least one of "then"/"else" required',
  ),
  wrong('ifelse', 'what to do is an object', { if: HF, [THEN]: 5 }, 'Invalid ifelse request: then must be an object'),
  wrong('ifelse', 'otherwise too', { if: HF, else: [] }, 'Invalid ifelse request: else must be an object'),
  wrong(
    'ifelse',
    'it has a method',
    { if: HF, [THEN]: { params: {} } },
    'Invalid ifelse request: then must have method/params keys',
  ),
  wrong(
    'ifelse',
    'it has parameters',
    { if: HF, else: { method: 'info' } },
    'Invalid ifelse request: else must have method/params keys',
  ),
  wrong(
    'ifelse',
    'the method is known',
    { if: HF, [THEN]: { method: 'x', params: {} } },
    'Invalid ifelse request method "then"',
  ),
  wrong(
    'ifelse',
    'what will not be done has to be right all the same',
    { if: HF, [THEN]: INFO, else: { method: 'get_swarm', params: {} } },
    "Required field 'pubkey' missing",
  ),
  row(
    'ifelse',
    'otherwise something else is done',
    { if: { height_before: 1 }, [THEN]: INFO, else: { method: 'get_swarm', params: { pubkey: alice.owner } } },
    200,
    {
      condition: false,
      result: { code: 200, body: { swarm: expect.any(String) } },
    },
  ),
  row(
    'ifelse',
    'what fails has its code',
    { if: HF, [THEN]: { method: 'retrieve', params: { pubkey: alice.owner } } },
    200,
    {
      result: { code: 401, body: 'retrieve: request signature required' },
    },
  ),
  ...['batch', 'sequence'].map((mode) =>
    row('ifelse', `a ${mode} stands in it`, { if: HF, [THEN]: { method: mode, params: requests([INFO, INFO]) } }, 200, {
      result: { code: 200, body: { results: [{ code: 200 }, { code: 200 }] } },
    }),
  ),
  row('ifelse', 'another one stands in it', { if: HF, [THEN]: nested(1) }, 200, {
    result: { code: 200, body: { ...state, condition: true, result: { code: 200, body: { t: now } } } },
  }),
  row('ifelse', 'four inside each other are taken', { if: HF, [THEN]: nested(4) }, 200, { condition: true }),
  wrong(
    'ifelse',
    'more are refused',
    { if: HF, [THEN]: nested(5) },
    'Invalid ifelse request: nested request limit exceeded',
  ),
  row('ifelse', 'both branches may be full', { if: HF, [THEN]: branches(20), else: branches(20) }, 200, {
    condition: true,
  }),
])

for (const form of FORMS) {
  test(`ifelse: without anything to do there is no result (${form})`, async () => {
    const { body } = await swarm.ask('ifelse', { if: { height_before: 1 }, [THEN]: INFO }, form)
    expect(body).toEqual({ ...state, condition: false })
  })

  test(`ifelse: a hundred requests in all branches are the most (${form})`, async () => {
    const full = (depth: number, last: number): object => ({
      if: HF,
      [THEN]: branches(depth === 0 ? 19 : 20),
      else: depth === 0 ? branches(last) : { method: 'ifelse', params: full(depth - 1, last) },
    })
    expect((await swarm.ask('ifelse', full(4, 1), form)).status).toBe(200)
    expect(await swarm.ask('ifelse', full(4, 2), form)).toEqual({
      status: 400,
      body: 'invalid request: Invalid ifelse request: nested request limit exceeded',
    })
  })
}
