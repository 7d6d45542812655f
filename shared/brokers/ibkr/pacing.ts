/** Messages that may go out at once after a pause, and how many follow each second: never as many as 50 in any second. */
const BURST = 5
const PER_SECOND = 44
/** After a warning. */
const SLOW_PER_SECOND = 20
const SLOW_FOR_MS = 10_000

interface Waiting {
  count: number
  go(mayI: boolean): void
}

export interface Pacer {
  /** Waits for leave to send so many messages at once; false where they must not be sent any more. Orders go before questions. */
  turn(count: number, urgent?: boolean): Promise<boolean>
  /** Nothing that waits is sent. */
  drop(): void
  /** The gateway complained. */
  slowDown(): void
}

/** A bucket of its own: the library's lets go what it holds into the next connection. */
export function openPacer(clock: () => number = () => performance.now()): Pacer {
  let tokens = BURST
  let filled = clock()
  let slowUntil = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | null = null
  const orders: Waiting[] = []
  const questions: Waiting[] = []

  const rate = () => (clock() < slowUntil ? SLOW_PER_SECOND : PER_SECOND)
  function refill(): void {
    const at = clock()
    tokens = Math.min(BURST, tokens + ((at - filled) / 1000) * rate())
    filled = at
  }
  function serve(): void {
    timer = null
    refill()
    for (;;) {
      const queue = orders.length > 0 ? orders : questions
      const [first] = queue
      if (!first) return
      const needed = Math.min(first.count, BURST)
      if (tokens < needed) {
        timer = setTimeout(serve, Math.ceil(((needed - tokens) / rate()) * 1000))
        return
      }
      queue.shift()
      // More than fit into the bucket are sent together and paid for afterwards.
      tokens -= first.count
      first.go(true)
    }
  }
  return {
    turn: (count, urgent = false) =>
      new Promise(go => {
        const queue = urgent ? orders : questions
        queue.push({ count, go })
        if (timer && urgent && queue.length === 1) {
          clearTimeout(timer)
          timer = null
        }
        if (!timer) serve()
      }),
    drop: () => {
      if (timer) clearTimeout(timer)
      timer = null
      for (const { go } of [...orders.splice(0), ...questions.splice(0)]) go(false)
    },
    slowDown: () => {
      refill()
      tokens = Math.min(tokens, 0)
      slowUntil = clock() + SLOW_FOR_MS
    },
  }
}
