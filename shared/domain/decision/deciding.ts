import type { EarlierDecision } from './earlier.ts'
import type { SignalIntent } from './intent.ts'
import type { Part } from './parts.ts'
import type { DecisionState } from './state.ts'

/** A part that is to be decided. */
export interface Asked {
  part: Part
  index: number
  order_id: string
}

export interface Deciding {
  signal: SignalIntent
  state: DecisionState
  now: Date
  parts: readonly Part[]
  shadow: string | null
  earlier: EarlierDecision | null
}
