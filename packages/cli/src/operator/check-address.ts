import { type Finding, finding } from './finding.ts'

type Range = { readonly what: string; readonly first: string; readonly bits: number }

/** IANA's special purpose addresses, as far as somebody might take one for the address of a node. RFC 6890. */
const RANGES: readonly Range[] = [
  { what: 'a loopback address: only this machine reaches it', first: '127.0.0.0', bits: 8 },
  { what: 'a private address: only its own network reaches it', first: '10.0.0.0', bits: 8 },
  { what: 'a private address: only its own network reaches it', first: '172.16.0.0', bits: 12 },
  { what: 'a private address: only its own network reaches it', first: '192.168.0.0', bits: 16 },
  { what: 'an address behind a provider’s NAT: nobody reaches it from outside', first: '100.64.0.0', bits: 10 },
  { what: 'a link-local address: only its own cable reaches it', first: '169.254.0.0', bits: 16 },
  { what: 'no address of a host', first: '0.0.0.0', bits: 8 },
  { what: 'no address of a host', first: '224.0.0.0', bits: 3 },
  { what: 'an address for examples in documents', first: '192.0.2.0', bits: 24 },
  { what: 'an address for examples in documents', first: '198.51.100.0', bits: 24 },
  { what: 'an address for examples in documents', first: '203.0.113.0', bits: 24 },
]

/** What is special about an IPv4 address; `undefined`, if the internet can reach it. */
export function specialAddress(address: string): string | undefined {
  return RANGES.find(({ first, bits }) => numberOf(address) >>> (32 - bits) === numberOf(first) >>> (32 - bits))?.what
}

/** `bootstrap`: the URLs of the network file; a network whose bootstrap nodes are on private addresses is private itself. */
export function checkAddress(options: {
  readonly address: string
  readonly host: string
  readonly bootstrap: readonly string[]
}): readonly Finding[] {
  const { address, host, bootstrap } = options
  const special = specialAddress(address)
  const isPrivateNetwork = bootstrap.every((url) => isSpecialHost(new URL(url).hostname))
  const found: Finding[] = []
  if (special === undefined) found.push(finding('address', 'good', `address ${address} is a public one`))
  else if (isPrivateNetwork) {
    found.push(finding('address', 'good', `address ${address} is ${special}; so are those of the bootstrap nodes`))
  } else {
    found.push(
      finding(
        'address',
        'problem',
        `address ${address} is ${special}. Other nodes would not reach this one: ` +
          'give the public address of your router or host, and forward httpsPort and peerPort to this machine.',
      ),
    )
  }
  if (host !== '0.0.0.0' && special === undefined && specialAddress(host)?.startsWith('a loopback')) {
    found.push(
      finding('address', 'problem', `host ${host} listens on loopback only: others cannot connect. Use 0.0.0.0.`),
    )
  }
  return found
}

function isSpecialHost(host: string): boolean {
  return host === 'localhost' || (/^[\d.]+$/.test(host) && specialAddress(host) !== undefined)
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0)
}
