import { z } from 'zod'
import { constructorNames } from '../domain/portfolio/problem.ts'
import { riskNames } from '../domain/portfolio/risks.ts'
import { identifier } from './codecs.ts'

/** Topic `optimization-requests`. */
export const optimizationRequest = z.object({ run_id: z.string() })

const limit = z.number().positive()
const text = z.string().max(2_000)

/** Fractions of equity, losses positive, one day; null lifts a limit of the settings. */
const researchLimits = z.strictObject({
  cvar_limit: limit.nullable().optional(),
  cdar_limit: limit.nullable().optional(),
  max_drawdown: limit.nullable().optional(),
  cap: limit.optional(),
  budget: limit.optional(),
  margin_limit: limit.optional(),
  share_cap_above: z.number().min(0).max(1).nullable().optional(),
  /** Σw of constructors that have no scale of their own; without it they are scaled to the largest that the limits allow. */
  sum: limit.optional(),
  min_return: z.number().optional(),
})

/** `constructor` is a word that every object already knows; inside, it is `constructor_name`. */
const renamed = (body: unknown): unknown => {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'constructor')) return body
  const { constructor: constructor_name, ...rest } = body as Record<string, unknown>
  return { constructor_name, ...rest }
}

export const researchRun = z.preprocess(
  renamed,
  z.strictObject({
    name: z.string().max(200).optional(),
    constructor_name: z.enum(constructorNames).optional(),
    /** Those that would enter the nightly run, where none are named. */
    strategies: z.array(identifier).min(1).max(500).optional(),
    limits: researchLimits.default({}),
    /** What `min_risk` minimizes. */
    measure: z.enum(riskNames).optional(),
    /** Share of Sharpe in `max_hybrid`. */
    blend: z.number().min(0).max(1).optional(),
  }),
)
export type ResearchRun = z.output<typeof researchRun>

/** Percent of the fund's equity by strategy. */
const weights = z.record(identifier, z.number().min(0).max(1_000))

export const approval = z
  .strictObject({
    allocation_id: text.optional(),
    /** A research run, which becomes an allocation. */
    run_id: text.optional(),
    /** Weights to approve in place of those that were recommended. */
    allocations: weights.optional(),
    reason: text.optional(),
    approved_by: text.optional(),
  })
  .refine(({ allocation_id, run_id }) => (allocation_id === undefined) !== (run_id === undefined), 'name an allocation_id or a run_id')
export type Approval = z.output<typeof approval>

export const rejection = z.strictObject({ allocation_id: text, reason: text.min(1), rejected_by: text.optional() })
export const customAllocation = z.strictObject({ allocations: weights, reason: text.optional(), approved_by: text.optional() })
