import { sentence } from '../../shared/domain/errors.ts'
import type { Quote } from '../../shared/domain/instrument.ts'
import { signalPrice, slippageLoss } from '../../shared/domain/risk/slippage.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { readSettings } from '../../shared/store/settings.ts'
import { strategyById } from '../../shared/store/strategy-configurations.ts'
import { signalById } from '../../shared/store/trading-signals.ts'
import type { Execution } from './execution.ts'
import type { Refusal } from './refusal.ts'

/** From this age on an entry has waited for more than its turn: what it was decided by may hold no more. */
const LATE_MS = 60_000

export const isLate = ({ signal_received_at }: OrderCommand, now: Date): boolean => now.getTime() - signal_received_at.getTime() > LATE_MS

/**
 * An entry that is sent once more, or late, must still be worth it (EXE-6): not older than its strategy takes signals (rule 21), its price not
 * run away by more than was allowed when it was decided (CER-5). Null where nothing forbids it; exits are never held up.
 */
export async function staleRefusal(execution: Execution, order: OrderCommand, now: Date): Promise<Refusal | null> {
  if (order.is_exit) return null
  const limit_s = (await strategyById(execution.store, order.strategy_id))?.max_signal_age ?? Number.POSITIVE_INFINITY
  const age_s = (now.getTime() - order.signal_received_at.getTime()) / 1000
  if (age_s > limit_s) return { status: 'EXPIRED', reason: sentence('EXPIRED', { age_s: age_s.toFixed(1), limit_s: String(limit_s) }) }
  return slippageRefusal(execution, order, now)
}

async function slippageRefusal(execution: Execution, order: OrderCommand, now: Date): Promise<Refusal | null> {
  const { max_slippage, action } = order
  if (max_slippage === null) return null
  const [quote, seen, settings] = await Promise.all([
    currentQuote(execution, order),
    priceSeen(execution, order),
    readSettings(execution.store),
  ])
  const current = quote && (action === 'BUY' ? quote.ask : quote.bid)
  const age_s = (now.getTime() - order.signal_received_at.getTime()) / 1000
  if (!current || !seen?.gt(0)) {
    const figures = { quote: current?.toString() ?? 'none', signal_price: seen?.toString() ?? 'none', age_s: age_s.toFixed(1) }
    return age_s > settings.slippage_unknown_after ? { status: 'DENIED', reason: sentence('SLIPPAGE_UNKNOWN', figures) } : null
  }
  const loss = slippageLoss(action, current, seen)
  if (loss < 0 || (max_slippage > 0 && loss <= max_slippage)) return null
  const figures = {
    quote: current.toString(),
    signal_price: seen.toString(),
    loss: loss.toFixed(6),
    max_slippage: max_slippage.toFixed(6),
    age_s: age_s.toFixed(1),
  }
  return { status: 'DENIED', reason: sentence('SLIPPAGE_EXCEEDED', figures) }
}

async function currentQuote({ store, brokers }: Execution, { broker_id, instrument_id }: OrderCommand): Promise<Quote | null> {
  const [broker, instrument] = await Promise.all([brokers(broker_id), instrumentById(store, instrument_id)])
  return instrument && broker.quote(instrument).catch(() => null)
}

/** What the signal was given at, on the side that the order takes. */
async function priceSeen({ store }: Execution, { signal_id, instrument_id, action }: OrderCommand) {
  const signal = await signalById(store, signal_id)
  const leg = signal?.legs.find(each => each.instrument_id === instrument_id && each.action === action)
  return leg ? signalPrice(leg) : null
}
