import type { Scenarios } from '../../../shared/domain/portfolio/scenarios.ts'
import { seeded } from '../../../shared/domain/portfolio/validation/random.ts'

/** Strategies that share a market factor, with fat tails, from a seed: the same on every machine. Rounded to 8 decimals as files are. */
export function syntheticScenarios(strategies: number, days: number, seed = 7): Scenarios {
  const random = seeded(seed)
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())
  const traits = Array.from({ length: strategies }, () => ({
    mean: 0.0002 + 0.0004 * random(),
    deviation: 0.004 + 0.012 * random(),
    share: 0.8 * random(),
  }))
  const columns = traits.map(() => new Float64Array(days))
  for (let day = 0; day < days; day += 1) {
    const [factor, wild] = [normal(), random() < 0.03 ? 3 : 1]
    for (const [index, { mean, deviation, share }] of traits.entries()) {
      const value = mean + deviation * wild * (share * factor + Math.sqrt(1 - share ** 2) * normal())
      ;(columns[index] as Float64Array)[day] = Number(value.toFixed(8))
    }
  }
  const start = Date.UTC(2015, 0, 1)
  const dates = Array.from({ length: days }, (_, day) => new Date(start + day * 86_400_000).toISOString().slice(0, 10))
  return { names: traits.map((_, index) => `S${index + 1}`), dates, columns }
}
