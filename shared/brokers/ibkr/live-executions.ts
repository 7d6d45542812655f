import type { CommissionReport, Contract, Execution } from '@stoqey/ib'
import { type Decimal, ZERO } from '../../domain/money/decimal.ts'
import { exact } from './exact.ts'
import { momentOf } from './moments.ts'

export interface LiveExecution {
  exec_id: string
  /** The same for an execution and every correction of it. */
  base: string
  revision: number
  account: string
  order_id: number
  client_id: number
  perm_id: number
  order_ref: string
  contract: Contract
  action: 'BUY' | 'SELL'
  quantity: Decimal
  price: Decimal
  time: Date
  commission: { amount: Decimal; currency: string } | null
  /** When the last of it was learned. */
  learned_at: Date
}

/** `0001f4e5.58bbad52.01.02` is the second telling of what was `….01` at first. */
function partsOf(exec_id: string): { base: string; revision: number } {
  const [, base = exec_id, last = '1'] = /^(.*)\.(\d+)$/.exec(exec_id) ?? []
  return { base, revision: Number(last) }
}

/** The id of what a correction replaces; undefined for what is told for the first time. */
export function corrected({ exec_id, base, revision }: LiveExecution): string | undefined {
  if (revision <= 1) return undefined
  const digits = exec_id.length - base.length - 1
  return `${base}.${String(revision - 1).padStart(digits, '0')}`
}

/** Executions as far as they are known, with the last correction of each and its commission, in whatever order they are told. */
export function openExecutions({ now, time_zone }: { now(): Date; time_zone: string }) {
  const byBase = new Map<string, LiveExecution>()
  const commissions = new Map<string, NonNullable<LiveExecution['commission']>>()

  return {
    /** The execution where it is news; null where it was known, or was corrected since. */
    learn: (contract: Contract, told: Execution): LiveExecution | null => {
      const exec_id = told.execId ?? ''
      const { base, revision } = partsOf(exec_id)
      const known = byBase.get(base)
      if (exec_id === '' || (known && known.revision >= revision)) return null
      const made: LiveExecution = {
        exec_id,
        base,
        revision,
        account: told.acctNumber ?? '',
        order_id: told.orderId ?? 0,
        client_id: told.clientId ?? 0,
        perm_id: told.permId ?? 0,
        order_ref: told.orderRef ?? '',
        contract,
        action: told.side?.startsWith('S') ? 'SELL' : 'BUY',
        quantity: exact(told.shares) ?? ZERO,
        price: exact(told.price) ?? ZERO,
        time: momentOf(told.time ?? '', time_zone) ?? now(),
        commission: commissions.get(exec_id) ?? null,
        learned_at: now(),
      }
      byBase.set(base, made)
      return made
    },
    /** The execution whose commission this is, where it is known and had none. */
    pay: ({ execId, commission, currency }: CommissionReport): LiveExecution | null => {
      const amount = exact(commission)
      if (execId === undefined || !amount) return null
      const paid = { amount, currency: currency ?? '' }
      commissions.set(execId, paid)
      const known = byBase.get(partsOf(execId).base)
      if (!known || known.exec_id !== execId || (known.commission?.amount.eq(amount) && known.commission.currency === paid.currency))
        return null
      known.commission = paid
      known.learned_at = now()
      return known
    },
    all: (): IteratorResult<LiveExecution>['value'][] => [...byBase.values()],
    of: (perm_id: number, own: { client_id: number; order_id: number } | null): LiveExecution[] =>
      [...byBase.values()].filter(
        each =>
          (perm_id !== 0 && each.perm_id === perm_id) ||
          (own !== null && own.order_id !== 0 && each.order_id === own.order_id && each.client_id === own.client_id),
      ),
  }
}
export type Executions = ReturnType<typeof openExecutions>
