import { adviceFor, inWords, senderReason } from '../../shared/domain/decision/in-words.ts'
import { parseSignalId } from '../../shared/domain/signal/signal-id.ts'
import { senderStatus } from '../../shared/domain/signal/states.ts'
import type { SignalDecision } from '../../shared/messages/signal-decision.ts'
import { decisionsOf, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { signalById } from '../../shared/store/trading-signals.ts'

/** Whose a signal is, read from its id; nobody's where it is none. */
export const strategyOfSignal = (signal_id: string): string => parseSignalId(signal_id)?.strategy_id ?? ''

const words = { APPROVED: 'EXECUTED', DENIED: 'REJECTED', HELD: 'PENDING' } as const

/** How a signal was decided, in its sender's words and with no other strategy's figures; null where there is no such signal. */
export async function readDecision(store: Store, signal_id: string): Promise<SignalDecision | null> {
  const [signal, decisions] = await Promise.all([signalById(store, signal_id), decisionsOf(store, [signal_id])])
  if (!signal) return null
  const { strategy_id, status: state, received_at, legs } = signal
  const decision = decisions.get(signal_id)
  return {
    signal_id,
    strategy_id,
    status: senderStatus(state),
    state,
    ticker: legs[0]?.instrument.symbol ?? '',
    action: legs[0]?.action ?? 'BUY',
    received_at: received_at.toISOString(),
    ...(decision ? shownDecision(decision) : undecided),
  }
}

type Decided = Omit<SignalDecision, 'signal_id' | 'strategy_id' | 'status' | 'state' | 'ticker' | 'action' | 'received_at'>

const undecided: Decided = {
  decided_at: null,
  approved: null,
  reason_code: null,
  reason: null,
  what_to_do: null,
  trading_mode: null,
  allocation_pct: null,
  available_capital: null,
  wanted_quantity: null,
  position_size: null,
  position_size_usd: null,
  legs: [],
  counterfactuals: [],
  calculation: [],
}

function shownDecision(decision: StoredDecision): Decided {
  const { calculation } = decision
  return {
    decided_at: decision.timestamp.toISOString(),
    approved: decision.approved,
    reason_code: decision.reason_code,
    reason: senderReason(decision, calculation),
    what_to_do: adviceFor(decision.reason_code),
    trading_mode: decision.trading_mode === 'LIVE' ? 'LIVE' : 'PAPER',
    allocation_pct: decision.allocation_pct.toNumber(),
    available_capital: decision.available_capital.toNumber(),
    wanted_quantity: decision.wanted_quantity.toNumber(),
    position_size: decision.position_size.toNumber(),
    position_size_usd: decision.position_size_usd.toNumber(),
    legs: decision.legs.map(leg => ({
      ticker: leg.ticker,
      action: leg.action,
      signal_type: leg.signal_type,
      status: words[leg.decision],
      reason_code: leg.reason_code,
      reason: senderReason(leg, calculation),
      wanted_quantity: leg.wanted_quantity.toNumber(),
      position_size: leg.position_size.toNumber(),
    })),
    counterfactuals: (decision.counterfactuals ?? []).map(one => ({
      ticker: decision.legs[one.leg]?.ticker ?? '',
      action: decision.legs[one.leg]?.action ?? 'BUY',
      quantity: one.quantity.toNumber(),
      entry_price: one.entry_price.toNumber(),
      exit_price: one.exit_price.toNumber(),
      exit_at: one.exit_at.toISOString(),
      ended_by: one.ended_by,
      pnl: one.pnl.toNumber(),
      fees: one.fees.toNumber(),
      currency: one.currency,
      pnl_pct: one.pnl_pct,
    })),
    calculation: calculation.map(inWords),
  }
}
