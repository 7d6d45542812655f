/** Where a simulated price starts and how much it moves. */
export interface Walk {
  start: number
  /** Standard deviation of a year's return, as a fraction. */
  volatility: number
  /** Another name whose movements it shares. */
  like?: string
}

const SECONDS_A_YEAR = 365 * 86_400
/** Seconds between the random points of each layer: each is four times slower and moves twice as far as the one before. */
const layers = Array.from({ length: 11 }, (_, index) => 4 * 4 ** index)

/** FNV-1a over the characters, mixed once more: nearby inputs give unrelated numbers. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return mixed(value)
}

const mixed = (value: number): number => {
  let bits = Math.imul(value ^ (value >>> 16), 0x7feb352d)
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** Uniform in [0, 1), always the same for the same two numbers. */
export const chance = (seed: number, index: number): number =>
  mixed(seed ^ mixed(index >>> 0) ^ mixed(Math.floor(index / 2 ** 32))) / 2 ** 32

export const seedOf = (...parts: string[]): number => hash(parts.join('\n'))

/** Smooth between random points in [−√3, √3], which have variance 1. */
const smoothNoise = (seed: number, at: number): number => {
  const before = Math.floor(at)
  const part = at - before
  const weight = part * part * (3 - 2 * part)
  const point = (index: number) => (2 * chance(seed, index) - 1) * Math.sqrt(3)
  return point(before) * (1 - weight) + point(before + 1) * weight
}

/**
 * A price at a moment: a pure function of seed, name and time, so that a market that is started again continues the same path. The
 * logarithm is a sum of smooth noises, slow ones with large steps and quick ones with small steps, which looks like a random walk
 * that never leaves the neighborhood of where it started.
 *
 * @param atMs Unix time in ms
 */
export function pathPrice({ seed, name, walk, atMs }: { seed: string; name: string; walk: Walk; atMs: number }): number {
  const seconds = atMs / 1000
  let logarithm = 0
  for (const period of layers) {
    const step = walk.volatility * Math.sqrt(period / SECONDS_A_YEAR) * 0.5
    logarithm += step * smoothNoise(seedOf(seed, walk.like ?? name, String(period)), seconds / period)
  }
  return walk.start * Math.exp(logarithm)
}
