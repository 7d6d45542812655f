import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { BrokerExecution, BrokerOrder } from '../../../shared/brokers/broker.ts'
import type { FillReport } from '../../../shared/messages/order.ts'

const share = (usual: number) => z.number().min(0).max(1).default(usual)

/** What goes wrong, and how often: shares of requests, orders or executions. All follow from the seed. */
export const faultPlan = z.object({
  seed: z.number().int(),
  /** The order is taken, and the connection breaks before the answer. */
  lost_answer: share(0.05),
  /** The order is taken, and the answer comes later than anybody waits. */
  timeout: share(0.01),
  /** The request breaks before anything happens. */
  refused_connection: share(0.02),
  rejection: share(0.02),
  /** The answer says no more than that the order came, even if it has filled. */
  bare_acknowledgement: share(0.2),
  /** A question is answered as it was a moment before. */
  stale: share(0.05),
  duplicated: share(0.2),
  reordered: share(0.2),
  late_commission: share(0.2),
  correction: share(0.1),
  /** A report of the stream is not sent. */
  lost_report: share(0.1),
  /** Seconds between breaks of the whole connection, and how long each lasts; 0 for none. */
  disconnect_every_s: z.number().default(25),
  disconnect_for_s: z.number().default(2),
  /** Seconds between orders that somebody else gives; 0 for none. */
  foreign_every_s: z.number().default(20),
})
export type FaultPlan = z.output<typeof faultPlan>
type Share = Exclude<keyof FaultPlan, 'seed' | 'disconnect_every_s' | 'disconnect_for_s' | 'foreign_every_s'>

/** How long what is told late stays untold. */
const LATE_MS = 2_500

/** A number in [0, 1) that follows from the seed and what it is asked for. */
export const chanceOf = (seed: number, ...what: (string | number)[]): number =>
  createHash('sha256')
    .update([seed, ...what].join('|'))
    .digest()
    .readUInt32BE(0) /
  2 ** 32

export interface Faults {
  plan: FaultPlan
  /** Whether a fault strikes something, which is counted where it does. */
  strikes(kind: Share, what: string): boolean
  count(kind: string): void
  counts: Record<string, number>
  /** Ends all of them, for as long as the process lives. */
  calm(): void
  calmed: boolean
}

export function faultsOf(plan: FaultPlan): Faults {
  const counts: Record<string, number> = {}
  const count = (kind: string) => {
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  const faults: Faults = {
    plan,
    calmed: false,
    calm: () => {
      faults.calmed = true
    },
    counts,
    count,
    strikes: (kind, what) => {
      const struck = !faults.calmed && chanceOf(plan.seed, kind, what) < plan[kind]
      if (struck) count(kind)
      return struck
    },
  }
  return faults
}

/** An execution as it is told at a moment: without its commission at first, or wrongly first and then corrected. */
function toldFill<F extends FillReport>(fill: F, { plan }: Pick<Faults, 'plan'>, now: Date): F {
  const young = now.getTime() - fill.time.getTime() < LATE_MS
  const late = young && chanceOf(plan.seed, 'late_commission', fill.execution_id) < plan.late_commission
  const paid = late ? { ...fill, commission: fill.commission.times(0), commission_pending: true } : fill
  if (chanceOf(plan.seed, 'correction', fill.execution_id) >= plan.correction) return paid
  const first = `${fill.execution_id}.01`
  return young
    ? { ...paid, execution_id: first, price: fill.price.times('1.01') }
    : { ...paid, execution_id: `${fill.execution_id}.02`, corrects: first }
}

export const toldOrder = (order: BrokerOrder, faults: Pick<Faults, 'plan'>, now: Date): BrokerOrder => ({
  ...order,
  fills: order.fills.map(fill => toldFill(fill, faults, now)),
  legs: order.legs.map(leg => toldOrder(leg, faults, now)),
})

/** A list of executions, some told twice and the whole in another order. */
export function toldExecutions(executions: BrokerExecution[], faults: Faults, now: Date): BrokerExecution[] {
  const told = executions.map(each => toldFill(each, faults, now))
  const twice = told.flatMap(each => (faults.strikes('duplicated', each.execution_id) ? [each, each] : [each]))
  return faults.strikes('reordered', `${executions.length} ${now.getTime()}`) ? twice.reverse() : twice
}
