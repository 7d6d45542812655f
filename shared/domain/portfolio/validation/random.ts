const MODULUS = 2 ** 31 - 1
const MULTIPLIER = 48_271

/**
 * Numbers in (0, 1) that a seed determines; the domain has no chance of its own. The minimal standard generator with the better multiplier:
 * Park & Miller, CACM 31 (1988), and their answer in CACM 36 (1993).
 */
export function seeded(seed: number): () => number {
  let state = (Math.abs(Math.trunc(seed)) % (MODULUS - 1)) + 1
  return () => {
    // Below 2^47, so exact.
    state = (state * MULTIPLIER) % MODULUS
    return state / MODULUS
  }
}
