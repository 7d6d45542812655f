import type { Decimal } from '../../shared/domain/money/decimal.ts'
import type { Exposed, RiskBook } from '../../shared/domain/risk/exposures.ts'
import type { BookMode } from '../../shared/messages/signal.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ratesInto } from '../../shared/store/fx-rates.ts'
import type { MarginLedger } from '../../shared/store/margin-ledger.ts'
import type { Allocation } from '../../shared/store/portfolio-allocations.ts'
import type { Holding } from '../../shared/store/positions.ts'
import { notionalsPerCapital } from '../../shared/store/strategy-configurations.ts'
import type { ScenarioCache } from './scenario-cache.ts'

interface BookQuestion {
  signal: { signal_id: string; strategy_id: string; legs: readonly { instrument_id: string }[] }
  mode: BookMode
  holdings: readonly Holding[]
  ledger: MarginLedger | null
  allocation: Allocation | undefined
  base_currency: string
  /** Whether series were written since the cache last looked. */
  changed: boolean
}

/** What the fund holds and works on in a mode, with the scenarios that tell its risk. Reads only what is not known yet. */
export async function riskBook(store: Store, cache: ScenarioCache, question: BookQuestion): Promise<RiskBook> {
  const { signal, mode, allocation, changed, base_currency } = question
  const held = question.holdings.filter(each => each.trading_mode === mode)
  const [rates, notionals] = await Promise.all([
    ratesInto(
      store,
      base_currency,
      held.map(({ instrument }) => instrument.currency),
    ),
    notionalsPerCapital(store),
  ])
  const holdings = [...heldExposures(held, rates), ...workingExposures(question)]
  const strategies = [signal.strategy_id, ...holdings.map(({ strategy_id }) => strategy_id), ...Object.keys(allocation?.allocations ?? {})]
  await cache.scenarios({ strategies, instruments: [] }, changed)
  const untested = holdings.filter(({ strategy_id }) => cache.backtest(strategy_id) === null).map(({ instrument_id }) => instrument_id)
  const own = cache.backtest(signal.strategy_id) === null ? signal.legs.map(({ instrument_id }) => instrument_id) : []
  return {
    scenarios: await cache.scenarios({ strategies, instruments: [...untested, ...own] }, false),
    holdings,
    notionalPerCapital: notionals,
    weights: new Map(Object.entries(allocation?.allocations ?? {})),
  }
}

function heldExposures(held: readonly Holding[], rates: ReadonlyMap<string, Decimal>): Exposed[] {
  const rateOf = new Map([...rates].map(([currency, rate]) => [currency, rate.toNumber()]))
  return held.map(({ strategy_id, instrument_id, quantity, current_price, avg_price, instrument }) => {
    const rate = rateOf.get(instrument.currency)
    // A position that no reading has marked yet is worth what it cost.
    const notional = rate === undefined ? null : quantity * (current_price ?? avg_price) * instrument.multiplier * rate
    return { strategy_id, instrument_id, notional }
  })
}

/** Entries that may still fill, except those of the signal itself. */
const workingExposures = ({ ledger, signal }: BookQuestion): Exposed[] =>
  (ledger?.reservations ?? [])
    .filter(({ state, signal_id }) => state === 'live' && signal_id !== signal.signal_id)
    .map(({ strategy_id, instrument_id, action, quantity, price, unit_value }) => ({
      strategy_id,
      instrument_id,
      notional: quantity.toNumber() * price.toNumber() * unit_value.toNumber() * (action === 'BUY' ? 1 : -1),
    }))
