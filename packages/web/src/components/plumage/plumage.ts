/**
 * The drawing that stands for an account without a picture: a dark, glossy roundel with speckles that fly like a
 * murmuration. It is a pure function of the account ID, so that people recognise a wrong account before they read digits.
 */

/** A drawing in a square of 100 × 100 units whose visible part is the inscribed circle. */
export type Plumage = {
  /** The two ends of the ground's gradient, as CSS colours, and its direction in degrees. */
  readonly ground: { readonly from: string; readonly to: string; readonly angle: number }
  /** Back to front. All speckles of one layer share one colour and one SVG path: three nodes, however many speckles. */
  readonly layers: readonly { readonly color: string; readonly opacity: number; readonly path: string }[]
}

const CENTRE = 50
/** Speckles stay a little inside the rim. */
const REACH = 45

/** Draws the plumage of an account ID; any other text is drawn as well. The same text always gives the same drawing. */
export function plumage(accountId: string): Plumage {
  const random = randomFrom(accountId)
  const first = Math.floor(random() * 360)
  const second = (first + (random() < 0.5 ? 1 : -1) * (45 + Math.floor(random() * 100)) + 360) % 360
  const angle = Math.floor(random() * 360)
  return {
    ground: { from: hsl(first, 48, 29), to: hsl(second, 52, 19), angle },
    layers: drawLayers(random, second),
  }
}

/** The flock: speckles lie around one focus and are turned by one bearing, which makes each drawing one gesture. */
function drawLayers(random: () => number, hue: number): Plumage['layers'] {
  const bearing = random() * 360
  const focus = polar(CENTRE, CENTRE, random() * 24, random() * 2 * Math.PI)
  const count = 34 + Math.floor(random() * 34)
  const paths = ['', '', '']
  for (let i = 0; i < count; i++) {
    const distance = Math.sqrt(random()) * REACH
    const { x, y } = polar(CENTRE, CENTRE, distance, random() * 2 * Math.PI)
    const turn = (Math.atan2(y - focus.y, x - focus.x) * 180) / Math.PI + bearing + (random() - 0.5) * 50
    const layer = Math.floor(random() * 3)
    paths[layer] += feather(x, y, { size: 1.3 + random() * 2.5, turn })
  }
  return [
    { color: hsl(hue, 72, 76), opacity: 0.9, path: paths[0]! },
    { color: hsl(44, 52, 72), opacity: 0.75, path: paths[1]! },
    { color: hsl(46, 66, 86), opacity: 1, path: paths[2]! },
  ]
}

/** A slim kite that points to `turn` degrees. */
function feather(x: number, y: number, { size, turn }: { size: number; turn: number }): string {
  const radians = (turn * Math.PI) / 180
  const tip = polar(x, y, size * 1.7, radians)
  const left = polar(x, y, size * 1.25, radians + 2.45)
  const right = polar(x, y, size * 1.25, radians - 2.45)
  return `M${at(tip)}L${at(left)}L${at(right)}Z`
}

const polar = (x: number, y: number, radius: number, angle: number) => ({
  x: x + radius * Math.cos(angle),
  y: y + radius * Math.sin(angle),
})

const at = ({ x, y }: { x: number; y: number }): string => `${x.toFixed(1)} ${y.toFixed(1)}`

const hsl = (hue: number, saturation: number, lightness: number): string => `hsl(${hue} ${saturation}% ${lightness}%)`

/**
 * Numbers in [0, 1) that depend on every bit of `text`: four lanes of multiply-xor over the text, then sfc32. IDs that
 * differ in one digit must not look alike, so the lanes are mixed by the generator's own 16 warm-up rounds. Not for secrets.
 */
function randomFrom(text: string): () => number {
  const lanes = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef]
  const factors = [597399067, 2869860233, 951274213, 2716044179]
  for (let i = 0; i < text.length; i++) {
    for (let lane = 0; lane < 4; lane++) {
      const next = lanes[(lane + 1) % 4]!
      lanes[lane] = Math.imul(lanes[lane]! ^ text.charCodeAt(i) ^ (next >>> 15), factors[lane]!) + next
    }
  }
  let [a, b, c, counter] = lanes as [number, number, number, number]
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 0x1_0000_0000
  }
  for (let round = 0; round < 16; round++) draw()
  return draw
}
