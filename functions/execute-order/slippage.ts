import { sentence } from '../../shared/domain/errors.ts'
import type { Quote } from '../../shared/domain/instrument.ts'
import { signalPrice, slippageLoss } from '../../shared/domain/risk/slippage.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { readSettings } from '../../shared/store/settings.ts'
import type { StoredOrder } from '../../shared/store/trading-orders.ts'
import { signalById } from '../../shared/store/trading-signals.ts'
import type { Execution } from './execution.ts'
import type { Refusal } from './refusal.ts'

/**
 * An entry that is sent once more must still be worth it (EXE-6): its price may not have run away by more than was allowed when it was
 * decided (CER-5). Null where nothing forbids it; exits are never held up.
 */
export async function slippageRefusal(execution: Execution, order: StoredOrder, now: Date): Promise<Refusal | null> {
  const { is_exit, max_slippage, action } = order
  if (is_exit || max_slippage === null) return null
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

async function currentQuote({ store, brokers }: Execution, { broker_id, instrument_id }: StoredOrder): Promise<Quote | null> {
  const [broker, instrument] = await Promise.all([brokers(broker_id), instrumentById(store, instrument_id)])
  return instrument && broker.quote(instrument).catch(() => null)
}

/** What the signal was given at, on the side that the order takes. */
async function priceSeen({ store }: Execution, { signal_id, instrument_id, action }: StoredOrder) {
  const signal = await signalById(store, signal_id)
  const leg = signal?.legs.find(each => each.instrument_id === instrument_id && each.action === action)
  return leg ? signalPrice(leg) : null
}
