import type { LegIntent } from '../decision/intent.ts'
import type { Decimal } from '../money/decimal.ts'
import { type Check, deny, sized } from './check.ts'

/**
 * Denies an entry whose price has run away by more than a share of what such a trade earns in the mean, or that is old and has no price to
 * compare with (CER-5). loss = side × (quote − signal's price) ÷ signal's price, with the ask for a BUY and the bid for a SELL.
 */
export const slippage: Check = (proposed, { signal, leg, now, state }) => {
  const { limits, strategy, quotes } = state
  const age_s = (now.getTime() - (signal.sent_at ?? signal.received_at).getTime()) / 1000
  const quote = quotes.get(leg.instrument_id)
  const current = quote && (leg.action === 'BUY' ? quote.ask : quote.bid)
  const signal_price = signalPrice(leg)
  const alpha = strategy.expected_alpha
  if (!current || !signal_price?.gt(0) || alpha === null) {
    const figures = {
      quote: current?.toString() ?? 'none',
      signal_price: signal_price?.toString() ?? 'none',
      expected_alpha: alpha === null ? 'none' : String(alpha),
      age_s: age_s.toFixed(1),
      limit_s: String(limits.slippage_unknown_after),
    }
    return age_s > limits.slippage_unknown_after ? deny('SLIPPAGE_UNKNOWN', figures) : sized(proposed, figures)
  }
  const loss = slippageLoss(leg.action, current, signal_price)
  const figures = {
    quote: current.toString(),
    signal_price: signal_price.toString(),
    loss: loss.toFixed(6),
    expected_alpha: alpha.toFixed(6),
    ratio: alpha > 0 ? (loss / alpha).toFixed(4) : 'none',
    limit: String(limits.slippage_limit),
  }
  const passes = loss < 0 || (alpha > 0 && loss / alpha <= limits.slippage_limit)
  return passes ? sized(proposed, figures) : deny('SLIPPAGE_EXCEEDED', figures)
}

/**
 * What a price has run away by since a signal.
 * @returns as a fraction of the signal's price; positive where the order would now do worse
 */
export const slippageLoss = (action: LegIntent['action'], current: Decimal, signal_price: Decimal): number =>
  current
    .minus(signal_price)
    .div(signal_price)
    .times(action === 'BUY' ? 1 : -1)
    .toNumber()

/** What the sender saw: its own price, else the quote of the door on the side that the order takes. */
export const signalPrice = ({
  price,
  quote_at_receipt,
  action,
}: Pick<LegIntent, 'price' | 'quote_at_receipt' | 'action'>): Decimal | null =>
  price ?? (quote_at_receipt && (action === 'BUY' ? quote_at_receipt.ask : quote_at_receipt.bid))
