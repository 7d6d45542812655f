const START = 16
const MOST = 64
const FREE_FAILURES = 2
const FIRST_PAUSE_MS = 100
/** Google pauses for up to 60 s; an endpoint of this machine that was restarted should not wait that long for its messages. */
const LONGEST_PAUSE_MS = 1000

/**
 * How many pushes of one subscription may be outstanding: grows by one with each success, halves with each failure. Failures with no success
 * in between make it pause, from 100 ms doubling to 1 s, so that an endpoint that is down is asked now and then and not in a tight loop.
 */
export const createPacing = () => {
  let window = START
  let streak = 0
  let pausedUntilMs = 0

  return {
    limit: () => window,
    /** Milliseconds left of a pause, 0 where pushes may go out. */
    pauseMs: (nowMs: number) => Math.max(0, pausedUntilMs - nowMs),
    succeeded: () => {
      window = Math.min(MOST, window + 1)
      streak = 0
      pausedUntilMs = 0
    },
    /** @param pausing false where a retry policy already spaces the deliveries of each message */
    failed: (nowMs: number, pausing: boolean) => {
      window = Math.max(1, Math.floor(window / 2))
      // Pushes that were under way together fail together: they count as one.
      if (!pausing || nowMs < pausedUntilMs) return
      streak += 1
      if (streak > FREE_FAILURES) pausedUntilMs = nowMs + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (streak - FREE_FAILURES - 1))
    },
  }
}
