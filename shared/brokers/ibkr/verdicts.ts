import type { OrderResult } from '../broker.ts'
import type { LiveOrder } from './live-orders.ts'

/** What was refused of an order: a change of it, its cancel, its number. */
type Refused = 'change' | 'cancel' | 'number'

interface Waiting {
  about: readonly LiveOrder[]
  what: Refused | 'order'
  refusal: string | null
  judge(refusal: string | null): OrderResult | 'number' | null
  resolve(result: OrderResult | 'number'): void
}

/** Some refusals come as a status first and with their reason after it. */
const LOOK_AGAIN_MS = 50

/** Who waits for what the gateway says of an order. */
export function openVerdicts() {
  const waiting = new Set<Waiting>()

  function consider(one: Waiting): void {
    const result = one.judge(one.refusal)
    if (result === null) return
    waiting.delete(one)
    one.resolve(result)
  }

  return {
    /** Looks at whoever waits for something about an order. */
    look: (order: LiveOrder): void => {
      for (const one of [...waiting]) if (one.about.includes(order)) consider(one)
    },
    /** Tells a refusal to whoever waits for that; false where nobody does. */
    refuse: (order: LiveOrder, what: Refused, reason: string): boolean => {
      const concerned = [...waiting].filter(
        each => each.about.includes(order) && (each.what === what || (what === 'number' && each.what === 'order')),
      )
      for (const one of concerned) {
        one.refusal = reason
        if (what === 'number') {
          waiting.delete(one)
          one.resolve('number')
        } else consider(one)
      }
      return concerned.length > 0
    },
    wait: (
      given: Pick<Waiting, 'about' | 'what' | 'judge'> & { within_ms: number; late(): OrderResult },
    ): Promise<OrderResult | 'number'> => {
      const { promise, resolve } = Promise.withResolvers<OrderResult | 'number'>()
      const one: Waiting = { about: given.about, what: given.what, judge: given.judge, refusal: null, resolve }
      waiting.add(one)
      const again = setInterval(() => consider(one), LOOK_AGAIN_MS)
      const late = setTimeout(() => {
        waiting.delete(one)
        resolve(given.late())
      }, given.within_ms)
      consider(one)
      return promise.finally(() => {
        clearInterval(again)
        clearTimeout(late)
      })
    },
  }
}
export type Verdicts = ReturnType<typeof openVerdicts>
