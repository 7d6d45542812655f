import type { LegIntent, SignalIntent } from '../decision/intent.ts'
import type { DecisionState } from '../decision/state.ts'
import { sentence } from '../errors.ts'
import type { Instrument } from '../instrument.ts'
import type { Decimal } from '../money/decimal.ts'
import type { Figures, ReasonCode } from '../reason-codes.ts'
import type { CvarChange } from './cvar.ts'

/** An entry under examination. Money is in the fund's currency. */
export interface Candidate {
  signal: SignalIntent
  leg: LegIntent
  now: Date
  state: DecisionState
  instrument: Instrument | null
  /** What it would be bought or sold at, in the instrument's currency. */
  price: Decimal | null
  /** Fund currency for one of the instrument's; null without a rate. */
  fx: Decimal | null
  allocation_pct: Decimal
  allocated_capital: Decimal
  deployed: Decimal | null
  available_capital: Decimal
  wanted_quantity: Decimal
  /** Units that an opposite leg of the same signal takes back: they need no margin (CER-8). */
  offset?: Decimal
}

export type CheckResult = (
  | { kind: 'sized'; quantity: Decimal; figures?: Figures }
  | { kind: 'denied'; code: ReasonCode; reason: string; figures: Figures }
) & { cvar?: CvarChange }

/**
 * A rule for entries.
 * @param proposed units, > 0 once the size is known
 * @returns the largest quantity ≤ proposed that the rule allows, or a denial with its figures
 */
export type Check = (proposed: Decimal, candidate: Candidate) => CheckResult

export const sized = (quantity: Decimal, figures?: Figures): CheckResult => ({ kind: 'sized', quantity, ...(figures ? { figures } : {}) })

/** @param inner figures for the fund only: the sender reads the reason */
export const deny = (code: ReasonCode, figures: Figures, inner: Figures = {}): CheckResult => ({
  kind: 'denied',
  code,
  reason: sentence(code, figures),
  figures: { ...figures, ...inner },
})
