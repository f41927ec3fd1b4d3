/** Reads `xn--` labels of host names (RFC 3492, RFC 5891), so that people see what a name pretends to be. */

const BASE = 36
const MIN = 1
const MAX = 26
const SKEW = 38
const DAMP = 700
const FIRST_BIAS = 72
const FIRST_CODE = 128
/** A label has 63 characters at most; longer ones are not read. */
const LONGEST_LABEL = 63

/** A host name with its `xn--` labels as Unicode; a label that is none stays as it is. */
export function unicodeHost(host: string): string {
  return host.split('.').map(unicodeLabel).join('.')
}

function unicodeLabel(label: string): string {
  if (!/^xn--[a-z0-9-]+$/i.test(label) || label.length > LONGEST_LABEL) return label
  return decodePunycode(label.slice(4).toLowerCase()) ?? label
}

/** `undefined`: not punycode. RFC 3492 §6.2. */
function decodePunycode(text: string): string | undefined {
  const split = text.lastIndexOf('-')
  const output = [...text.slice(0, Math.max(0, split))].map((character) => character.charCodeAt(0))
  let [code, bias, index, at] = [FIRST_CODE, FIRST_BIAS, 0, split + 1]
  while (at < text.length) {
    const before = index
    for (let weight = 1, k = BASE; ; k += BASE) {
      const digit = digitOf(text.charCodeAt(at++))
      if (digit === undefined) return undefined
      index += digit * weight
      const threshold = Math.min(MAX, Math.max(MIN, k - bias))
      if (digit < threshold) break
      weight *= BASE - threshold
    }
    const length = output.length + 1
    bias = adapt(index - before, length, before === 0)
    code += Math.floor(index / length)
    index %= length
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined
    output.splice(index++, 0, code)
  }
  return output.some((each) => each >= FIRST_CODE) ? String.fromCodePoint(...output) : undefined
}

function digitOf(code: number): number | undefined {
  if (code >= 0x61 && code <= 0x7a) return code - 0x61
  return code >= 0x30 && code <= 0x39 ? code - 0x30 + 26 : undefined
}

function adapt(delta: number, length: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / DAMP) : Math.floor(delta / 2)
  rest += Math.floor(rest / length)
  let k = 0
  for (; rest > ((BASE - MIN) * MAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - MIN))
  return k + Math.floor(((BASE - MIN + 1) * rest) / (rest + SKEW))
}
