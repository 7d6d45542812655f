import { Problem } from '../../shared/runtime/problem.ts'
import { unavailable } from './refuse.ts'

/** TradingView gives up after 3 s, and sends again only what was answered with a 5xx. */
const ANSWER_WITHIN_MS = 2_500
const LOOK_EVERY_MS = 250

/**
 * Lets who waits too long be told so, where nobody is answered any more; in a crowd that is answered one after another everybody waits. What
 * is under way goes on, so that the same sent again is a repeat.
 * @returns what gives an answer in time, or throws Problem 503 UNAVAILABLE
 */
export function inTime(): <T>(answering: Promise<T>) => Promise<T> {
  let answeredAt = Number.NEGATIVE_INFINITY
  return async answering => {
    const begun = performance.now()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        if (performance.now() - Math.max(begun, answeredAt) >= ANSWER_WITHIN_MS) reject(unavailable())
      }, LOOK_EVERY_MS)
    })
    try {
      return await Promise.race([answering, late])
    } finally {
      clearInterval(timer)
      const answered = () => {
        answeredAt = performance.now()
      }
      answering.then(answered, error => (error instanceof Problem ? answered() : undefined))
    }
  }
}
