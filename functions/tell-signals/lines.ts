import { sum } from '../../shared/domain/money/decimal.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import type { StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Fill } from '../../shared/store/fills.ts'
import type { SignalNotice } from '../../shared/store/signal-notices.ts'
import type { StoredSignal } from '../../shared/store/trading-signals.ts'

const clock = (at: Date): string => `${at.toISOString().slice(11, 19)} UTC`

/** A signal in a line: whose it is and what it asks for. */
export const lineOf = ({ strategy_id, legs }: Pick<StandardizedSignal, 'strategy_id' | 'legs'>): string => {
  const asked = legs.map(({ action, requested_quantity, instrument }) =>
    [action, requested_quantity?.toFixed(), instrument.symbol].filter(Boolean).join(' '),
  )
  return `${strategy_id}: ${asked.join(', ')}`
}

export const receivedLine = ({ line, received_at, signal_id }: SignalNotice): string =>
  `${line} received ${clock(received_at)} (${signal_id})`

interface Result {
  notice: SignalNotice
  status: StoredSignal['status']
  decision: StoredDecision | undefined
  fills: readonly Fill[]
}

/** What became of a signal: why it was denied, or what it filled at. */
export function resultLine({ notice: { line, signal_id }, status, decision, fills }: Result): string {
  const why = status === 'DENIED' && decision?.reason_code ? ` ${decision.reason_code}` : ''
  const filled = fills.length === 0 ? '' : ` ${fillsOf(fills).join(', ')}`
  return `${line} → ${status}${why}${filled} (${signal_id})`
}

const fillsOf = (fills: readonly Fill[]): string[] =>
  [...Map.groupBy(fills, ({ symbol, action }) => `${action} ${symbol}`)].map(([what, group]) => {
    const quantity = sum(group.map(fill => fill.quantity))
    const price = sum(group.map(fill => fill.quantity.times(fill.price))).div(quantity)
    return `${what} ${quantity.toFixed()} @ ${price.toSignificantDigits(8).toFixed()}`
  })
