import { type Returns, total } from '../measures/series.ts'
import { sharpe } from '../measures/sharpe.ts'
import { seeded } from './random.ts'

export interface BootstrapPlan {
  seed: number
  draws?: number
  /** Mean length of a block, days. */
  block?: number
  /** Share of draws inside the interval. */
  confidence?: number
}

export interface SharpeInterval {
  sharpe: number
  low: number
  high: number
  confidence: number
  draws: number
  block: number
  /** Share of draws with a Sharpe ratio of 0 or less. */
  not_positive: number
}

/**
 * Interval of the annual Sharpe ratio by resampling blocks of random length, which keeps what follows upon what; null where returns do not vary.
 * Politis & Romano, JASA 89 (1994): the stationary bootstrap; blocks of T^⅓ days where nothing else is said.
 */
export function bootstrapSharpe(returns: Returns, plan: BootstrapPlan): SharpeInterval | null {
  const { seed, draws = 1_000, confidence = 0.9, block = Math.max(1, Math.round(Math.cbrt(returns.length))) } = plan
  const whole = sharpe(returns)
  if (whole === null) return null
  const random = seeded(seed)
  const sample = new Float64Array(returns.length)
  const drawn = Array.from({ length: draws }, () => {
    resample(returns, sample, { random, block })
    return sharpe(sample) ?? 0
  }).sort((one, other) => one - other)
  const quantile = (share: number) => drawn[Math.min(draws - 1, Math.floor(share * draws))] as number
  const tail = (1 - confidence) / 2
  const not_positive = total(drawn.map(value => (value <= 0 ? 1 : 0))) / draws
  return { sharpe: whole, low: quantile(tail), high: quantile(1 - tail), confidence, draws, block, not_positive }
}

/** Each day follows the one before it with probability 1 − 1 ÷ block, else any day begins a new block; the end is followed by the start. */
function resample(returns: Returns, sample: Float64Array, { random, block }: { random: () => number; block: number }): void {
  const days = returns.length
  let day = Math.floor(random() * days)
  for (let index = 0; index < days; index += 1) {
    sample[index] = returns[day] as number
    day = random() < 1 / block ? Math.floor(random() * days) : (day + 1) % days
  }
}
