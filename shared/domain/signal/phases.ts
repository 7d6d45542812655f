import type { SignalState } from './states.ts'

/** Milliseconds that each phase took: from the state before to the one it is named after; together, from the first state to the last. */
export function phasesOf(states: readonly { state: SignalState; at: Date }[]): Record<string, number> {
  const inTime = [...states].sort((one, other) => one.at.getTime() - other.at.getTime())
  return Object.fromEntries(
    inTime.slice(1).map(({ state, at }, index) => [state, at.getTime() - (inTime[index] as { at: Date }).at.getTime()]),
  )
}
