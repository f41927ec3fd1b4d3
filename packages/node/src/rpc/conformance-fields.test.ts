import { after } from 'node:test'
import { HASH, Swarm } from '../testing/conformance.ts'
import { type Row, testRows } from '../testing/conformance-rows.ts'
import { FixtureAccount } from '../testing/fixture.ts'

const swarm = await Swarm.create()
after(() => swarm[Symbol.asyncDispose]())

const alice = swarm.alice
const mallory = new FixtureAccount(2)
const now = swarm.now
const later = now + 86_400_000
const TOKEN = 'AwMAAA11UHVOCACl0jfu9YJgNXZrmz5aFYaKlAqyiZWHiOOw'
const SIGNATURE = alice.sign('x')

/** Of every method that needs a signature: good parameters, what it says of a bad signature, which fields it has. */
type Method = {
  readonly method: string
  readonly good: Readonly<Record<string, unknown>>
  readonly bad: string
  readonly required: readonly string[]
  readonly hasSubaccount: boolean
}

const METHODS: readonly Method[] = [
  {
    method: 'store',
    good: alice.store(now, 'x', { namespace: 2, ...alice.proof(`store2${now}`) }) as Record<string, unknown>,
    bad: 'store signature verification failed',
    required: ['pubkey', 'timestamp', 'data'],
    hasSubaccount: true,
  },
  {
    method: 'retrieve',
    good: alice.retrieve(now) as Record<string, unknown>,
    bad: 'retrieve signature verification failed',
    required: ['pubkey', 'signature', 'timestamp'],
    hasSubaccount: true,
  },
  {
    method: 'delete',
    good: { ...alice.proof(`delete${HASH}`), messages: [HASH] },
    bad: 'delete_msgs signature verification failed',
    required: ['pubkey', 'messages', 'signature'],
    hasSubaccount: true,
  },
  {
    method: 'delete_all',
    good: { ...alice.proof(`delete_all${now}`), timestamp: now },
    bad: 'delete_all signature verification failed',
    required: ['pubkey', 'signature', 'timestamp'],
    hasSubaccount: true,
  },
  {
    method: 'delete_before',
    good: { ...alice.proof(`delete_before${now}`), before: now },
    bad: 'delete_before signature verification failed',
    required: ['pubkey', 'signature', 'before'],
    hasSubaccount: true,
  },
  {
    method: 'expire_all',
    good: { ...alice.proof(`expire_all${now}`), expiry: now },
    bad: 'expire_all signature verification failed',
    required: ['pubkey', 'signature', 'expiry'],
    hasSubaccount: true,
  },
  {
    method: 'expire',
    good: { ...alice.proof(`expire${later}${HASH}`), expiry: later, messages: [HASH] },
    bad: 'expire: signature verification failed',
    required: ['pubkey', 'messages', 'expiry', 'signature'],
    hasSubaccount: true,
  },
  {
    method: 'get_expiries',
    good: { ...alice.proof(`get_expiries${now}${HASH}`), timestamp: now, messages: [HASH] },
    bad: 'get_expiries signature verification failed',
    required: ['pubkey', 'messages', 'timestamp', 'signature'],
    hasSubaccount: true,
  },
  {
    method: 'revoke_subaccount',
    good: { ...alice.proof('x'), timestamp: now, revoke: TOKEN },
    bad: 'revoke_subaccount signature verification failed',
    required: ['pubkey', 'signature', 'revoke', 'timestamp'],
    hasSubaccount: false,
  },
  {
    method: 'unrevoke_subaccount',
    good: { ...alice.proof('x'), timestamp: now, unrevoke: TOKEN },
    bad: 'unrevoke_subaccount signature verification failed',
    required: ['pubkey', 'signature', 'unrevoke', 'timestamp'],
    hasSubaccount: false,
  },
  {
    method: 'revoked_subaccounts',
    good: { ...alice.proof(`revoked_subaccounts${now}`), timestamp: now },
    bad: 'revoked_subaccounts signature verification failed',
    required: ['pubkey', 'signature', 'timestamp'],
    hasSubaccount: false,
  },
]

const refused = (method: string, name: string, params: object, detail: string): Row => ({
  name,
  method,
  params,
  status: 400,
  body: `invalid request: ${detail}`,
})

const OWNER = 'Pubkey must be 66 hex digits (33 bytes) long'
const MALFORMED = 'invalid signature: expected base64 encoded Ed25519 signature'
const BAD_TOKEN = 'invalid subaccount: expected base64 or hex-encoded subaccount token'
const BAD_TOKEN_SIGNATURE = 'invalid subaccount signature: expected base64 encoded Ed25519 signature'

function rowsOf({ method, good, bad, required, hasSubaccount }: Method): Row[] {
  const wrong = (name: string, change: object, detail: string) => refused(method, name, { ...good, ...change }, detail)
  const unauthorised = (name: string, change: object): Row => ({
    name,
    method,
    params: { ...good, ...change },
    status: 401,
    body: bad,
  })
  const subaccount = { subaccount: TOKEN, subaccount_sig: SIGNATURE }
  return [
    ...required.map((field) =>
      wrong(`${field} must be there`, { [field]: undefined }, `Required field '${field}' missing`),
    ),
    ...required.map((field) =>
      wrong(`null for ${field} counts as absent`, { [field]: null }, `Required field '${field}' missing`),
    ),
    wrong('an owner has 66 hex digits', { pubkey: alice.owner.slice(1) }, OWNER),
    wrong('an owner has hex digits alone', { pubkey: `${alice.owner.slice(0, 65)}g` }, OWNER),
    wrong('an owner is text', { pubkey: 5 }, "Invalid value given for 'pubkey': expected string"),
    wrong('a signature has 64 bytes', { signature: SIGNATURE.slice(4) }, MALFORMED),
    wrong('a signature is base64', { signature: `${SIGNATURE.slice(0, 85)}%` }, MALFORMED),
    wrong(
      'a signing key has 32 bytes',
      { pubkey_ed25519: 'xy' },
      'Invalid pubkey_ed25519: expected 64 hex char or 32 byte pubkey',
    ),
    wrong(
      'only an account with prefix 05 has a signing key besides its ID',
      { pubkey: `03${alice.owner.slice(2)}` },
      'pubkey_ed25519 is only permitted for 05[...] pubkeys',
    ),
    unauthorised('a signature of something else is refused', { signature: SIGNATURE.replace(/^./, 'A') }),
    unauthorised('a signature of somebody else is refused', {
      signature: mallory.sign('x'),
      pubkey_ed25519: mallory.signingKey,
    }),
    unauthorised('without its signing key, the ID of an account is the key, which it is not', {
      pubkey_ed25519: undefined,
    }),
    ...(hasSubaccount
      ? [
          wrong('a token has 36 bytes', { ...subaccount, subaccount: TOKEN.slice(4) }, BAD_TOKEN),
          wrong(
            'a token comes with its signature',
            { subaccount: TOKEN },
            'invalid subaccount: subaccount_sig is required when using subaccount',
          ),
          wrong(
            'the signature of a token has 64 bytes',
            { ...subaccount, subaccount_sig: 'AAAA' },
            BAD_TOKEN_SIGNATURE,
          ),
          unauthorised('a token that the owner did not sign is refused', subaccount),
        ]
      : []),
  ]
}

testRows(swarm, METHODS.flatMap(rowsOf))

const timestamps: readonly [method: string, field: string][] = [
  ['store', 'sig_timestamp'],
  ['retrieve', 'timestamp'],
  ['delete_all', 'timestamp'],
  ['delete_before', 'before'],
  ['expire_all', 'expiry'],
  ['expire', 'expiry'],
  ['get_expiries', 'timestamp'],
  ['revoke_subaccount', 'timestamp'],
  ['unrevoke_subaccount', 'timestamp'],
  ['revoked_subaccounts', 'timestamp'],
]
const goodOf = (method: string) => METHODS.find((declared) => declared.method === method)!.good

testRows(
  swarm,
  timestamps.flatMap(([method, field]) => {
    const change = (value: unknown) => ({ ...goodOf(method), [field]: value })
    const type = `Invalid value given for '${field}': expected integer timestamp (in milliseconds)`
    return [
      refused(
        method,
        `a ${field} in seconds is refused`,
        change(999_999_999),
        `Invalid timestamp for '${field}': timestamp must be in milliseconds`,
      ),
      refused(method, `a ${field} is a number`, change('x'), type),
      refused(method, `a ${field} is not negative`, change(-1), type),
    ]
  }),
)

const NAMESPACE_METHODS = ['store', 'retrieve']
const RANGE_METHODS = ['delete_all', 'delete_before', 'expire_all']
testRows(swarm, [
  ...[...NAMESPACE_METHODS, ...RANGE_METHODS].flatMap((method) =>
    [-32_769, 32_768].map((namespace) =>
      refused(
        method,
        `namespace ${namespace} is out of range`,
        { ...goodOf(method), namespace },
        "Invalid value given for 'namespace': value out of range",
      ),
    ),
  ),
  ...NAMESPACE_METHODS.map((method) =>
    refused(
      method,
      'all namespaces at once are not to be had',
      { ...goodOf(method), namespace: 'all' },
      "Invalid value given for 'namespace': expected 16-bit integer",
    ),
  ),
  ...RANGE_METHODS.map((method) =>
    refused(
      method,
      'a namespace is a number or the word all',
      { ...goodOf(method), namespace: 'ALL' },
      `Invalid value given for 'namespace': expected integer or "all"`,
    ),
  ),
])

const MESSAGE_METHODS = ['delete', 'expire', 'get_expiries']
testRows(swarm, [
  ...MESSAGE_METHODS.flatMap((method) => [
    refused(
      method,
      'an empty list of hashes is refused',
      { ...goodOf(method), messages: [] },
      'messages does not contain any message hashes',
    ),
    refused(
      method,
      'hashes are text',
      { ...goodOf(method), messages: [5] },
      "Invalid value given for 'messages': expected string array",
    ),
    refused(
      method,
      'more hashes than any account has are refused',
      { ...goodOf(method), messages: Array(20_001).fill(HASH) },
      'messages contains too many message hashes',
    ),
  ]),
  ...['delete', 'expire'].flatMap((method) => [
    refused(
      method,
      'a hash has 43 characters',
      { ...goodOf(method), messages: [HASH, `${HASH}A`] },
      `invalid message hash: ${HASH}A`,
    ),
    refused(
      method,
      'a hash is base64',
      { ...goodOf(method), messages: `-${HASH.slice(1)}` },
      `invalid message hash: -${HASH.slice(1)}`,
    ),
  ]),
  refused(
    'delete',
    'required is true or false',
    { ...goodOf('delete'), required: 'yes' },
    "Invalid value given for 'required': expected boolean",
  ),
])
