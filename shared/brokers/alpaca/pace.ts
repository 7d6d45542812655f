const WINDOW_MS = 60_000

export interface Pace {
  /** Whether a request may be sent now. None ever waits: what may not be sent is not sent later either. */
  take(kind: 'order' | 'question'): boolean
  /** Alpaca said that it was too much: nothing is asked for so long. */
  rest(ms: number): void
}

/** Keeps an account within its requests a minute. A fifth of them is left to orders, which questions may not use up. */
export function pace(per_minute: number, clock: () => number = () => performance.now()): Pace {
  const sent: number[] = []
  const questions = Math.floor(per_minute * 0.8)
  let resting_until = 0
  return {
    take(kind) {
      const at = clock()
      while (sent.length > 0 && (sent[0] ?? 0) <= at - WINDOW_MS) sent.shift()
      if (at < resting_until || sent.length >= (kind === 'order' ? per_minute : questions)) return false
      sent.push(at)
      return true
    },
    rest(ms) {
      resting_until = Math.max(resting_until, clock() + ms)
    },
  }
}
