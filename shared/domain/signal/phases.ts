import type { SignalState } from './states.ts'

/** Milliseconds from the first state to each later one. */
export function phasesOf(states: readonly { state: SignalState; at: Date }[]): Record<string, number> {
  const [first, ...later] = [...states].sort((one, other) => one.at.getTime() - other.at.getTime())
  if (!first) return {}
  return Object.fromEntries(later.map(({ state, at }) => [state, at.getTime() - first.at.getTime()]))
}
