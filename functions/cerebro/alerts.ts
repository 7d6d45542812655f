import type { LegDecision } from '../../shared/domain/decision/intent.ts'
import type { Alert } from '../../shared/messages/alert.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import { type OutboxMessage, toOutbox } from '../../shared/store/outbox.ts'

interface Alerting {
  signal: StandardizedSignal
  legs: readonly LegDecision[]
  at: Date
}

/** What people must know of a decision: an exit that a halt holds, and a sender who stands elsewhere than we do. */
export const decisionAlerts = (alerting: Alerting): OutboxMessage[] =>
  [heldExit(alerting), differingPosition(alerting)].flatMap(alert =>
    alert ? [toOutbox({ topic: 'alerts', ordering_key: '', attributes: { severity: alert.severity }, data: alert, at: alerting.at })] : [],
  )

function heldExit({ signal: { signal_id, strategy_id }, legs, at }: Alerting): Alert | null {
  const held = legs.find(({ decision, signal_type }) => decision === 'HELD' && signal_type === 'EXIT')
  if (!held) return null
  return {
    severity: 'CRITICAL',
    key: `held-exit:${signal_id}`,
    title: `An exit of ${strategy_id} is held while trading is halted`,
    detail: `${held.reason}. It is decided again when the halt ends; close the position by hand if it cannot wait.`,
    signal_id,
    order_id: null,
    at,
  }
}

function differingPosition({ signal, legs, at }: Alerting): Alert | null {
  const step = legs.flatMap(({ calculation }) => calculation).find(each => each.step === 'position_after' && each.result === 'differs')
  if (!step) return null
  const { signal_id, strategy_id } = signal
  const symbol = signal.legs[0]?.instrument.symbol ?? ''
  const { sender_before, sender_after, ours_before, ours } = step.figures
  return {
    severity: 'WARNING',
    key: `position-differs:${strategy_id}:${symbol}`,
    title: `${strategy_id} stands elsewhere in ${symbol} than its sender`,
    detail: `Before this signal the sender was ${sender_before} and we ${ours_before} (${ours}); after it they expect ${sender_after}. A signal was missed or denied. Nothing was corrected: compare with the sender, then exit or enter by a signal.`,
    signal_id,
    order_id: null,
    at,
  }
}
