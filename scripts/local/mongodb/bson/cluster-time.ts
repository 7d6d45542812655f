let last = 0n

/** A cluster time that only grows: seconds, and a counter inside the second. */
export const clusterTime = () => {
  const now = BigInt(Math.floor(Date.now() / 1000)) << 32n
  last = last >= now ? last + 1n : now + 1n
  return last
}

/** Goes on behind a time that was given out before, perhaps by a process whose clock was ahead. */
export const continueAfter = (time: bigint) => {
  if (time > last) last = time
}
