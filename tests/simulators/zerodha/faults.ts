/** What goes wrong with a request, once or as often as it says. */
export interface Fault {
  /** Which requests, as `POST /orders/regular`. */
  on: RegExp
  /** Whether Kite does what was asked for before it fails to say so. */
  done?: boolean
  /** What happens just before it arrives. */
  before?: () => void
  answer:
    | { kind: 'usual' }
    | { kind: 'reset' }
    | { kind: 'silence' }
    | { kind: 'html'; status?: number }
    | { kind: 'garbage' }
    | { kind: 'redirect'; to: string }
    | { kind: 'error'; error_type: string; message?: string; status?: number }
    | { kind: 'delay'; ms: number }
  times?: number
}

export interface Faults {
  add(fault: Fault): void
  clear(): void
  take(request: string): Fault | null
}

export function faultList(): Faults {
  const planned: (Fault & { left: number })[] = []
  return {
    add: fault => void planned.push({ ...fault, left: fault.times ?? 1 }),
    clear: () => void planned.splice(0),
    take: request => {
      const found = planned.find(fault => fault.left > 0 && fault.on.test(request))
      if (!found) return null
      found.left -= 1
      return found
    },
  }
}

const limits: [RegExp, string, number][] = [
  [/^(POST|PUT|DELETE) \/orders\//, 'order', 10],
  [/^GET \/quote/, 'quote', 1],
  [/^GET \/instruments\/historical/, 'historical', 3],
  [/./, 'other', 10],
]

/** Counts an app's requests in the second before, as Kite does; whether one more is too many. */
export function rateLimits(clock: () => number = () => performance.now()) {
  const seen = new Map<string, number[]>()
  return (api_key: string, request: string): boolean => {
    const [, kind = 'other', most = 10] = limits.find(([pattern]) => pattern.test(request)) ?? []
    const key = `${api_key} ${kind}`
    const at = clock()
    const lately = (seen.get(key) ?? []).filter(each => at - each < 1_000)
    seen.set(key, [...lately, at])
    return lately.length >= most
  }
}
