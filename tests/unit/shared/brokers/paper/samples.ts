import type { PlaceRequest } from '../../../../../shared/brokers/broker.ts'
import { noTerms } from '../../../../../shared/brokers/order-terms.ts'
import { Decimal, ONE, ZERO } from '../../../../../shared/domain/money/decimal.ts'
import type { InstrumentDocument } from '../../../../../shared/messages/instrument.ts'
import type { PaperAccount, PaperOrder } from '../../../../../shared/store/paper-book.ts'

export const at = new Date('2026-03-02T15:00:00.000Z')
export const money = (text: string | number) => new Decimal(text)

const instrument = (
  changes: Partial<InstrumentDocument> & Pick<InstrumentDocument, 'instrument_id' | 'asset_class'>,
): InstrumentDocument => ({
  symbol: changes.instrument_id,
  exchange: null,
  currency: 'USD',
  expiry: null,
  strike: null,
  right: null,
  multiplier: ONE,
  name: changes.instrument_id,
  lot: ONE,
  tick: money('0.01'),
  margin_per_lot: null,
  margin_pct: null,
  calendar: 'ALWAYS',
  broker_symbols: {},
  continuous_of: null,
  ...changes,
})

export const stock = instrument({ instrument_id: 'AAPL', asset_class: 'EQUITY', margin_pct: money(25) })
export const german = instrument({ instrument_id: 'SAP', asset_class: 'EQUITY', currency: 'EUR', margin_pct: money(25) })
export const option = instrument({ instrument_id: 'AAPL-C200', asset_class: 'OPTION', multiplier: money(100), margin_pct: money(100) })
export const coin = instrument({ instrument_id: 'BTC-USD', asset_class: 'CRYPTO', lot: money('0.0001'), margin_pct: money(100) })
export const future = instrument({
  instrument_id: 'ESH26',
  asset_class: 'FUTURE',
  multiplier: money(50),
  tick: money('0.25'),
  margin_per_lot: money(15_000),
})
export const pair = instrument({
  instrument_id: 'EURUSD',
  asset_class: 'FOREX',
  tick: money('0.00005'),
  lot: money(1000),
  margin_pct: money(2),
})
export const index = instrument({ instrument_id: 'SPX', asset_class: 'INDEX' })
export const allInstruments = [stock, german, option, coin, future, pair, index]

export const account = (changes: Partial<PaperAccount> = {}): PaperAccount => ({
  account_id: 'A1',
  broker_id: 'PAPER',
  currency: 'USD',
  account_type: 'MARGIN',
  start_cash: money(10_000),
  cash: { USD: money(10_000) },
  realized_pnl: { USD: ZERO },
  fees: { USD: ZERO },
  positions: [],
  pending_fills: [],
  version: 1,
  ...changes,
})

export const position = (of: InstrumentDocument, quantity: string | number, cost: string | number) => ({
  instrument_id: of.instrument_id,
  symbol: of.symbol,
  quantity: money(quantity),
  cost: money(cost),
  realized_pnl: ZERO,
  lots: [],
})

export const request = (changes: Partial<PlaceRequest> = {}): PlaceRequest => ({
  account_id: 'A1',
  client_order_id: 'c1',
  instrument: stock,
  action: 'BUY',
  quantity: money(100),
  order_type: 'MARKET',
  ...noTerms,
  is_exit: false,
  time_in_force: 'DAY',
  ...changes,
})

interface Trade {
  of: InstrumentDocument
  action: 'BUY' | 'SELL'
  quantity: Decimal
  price: Decimal
  commission?: Decimal
}

/** An accepted order with one fill. */
export const traded = ({ of, action, quantity, price, commission = ZERO }: Trade, n = 1): PaperOrder => ({
  time_in_force: 'DAY',
  ...noTerms,
  after: 'FILLED',
  booked: 0,
  stage: 'ENTRY',
  entry_status: null,
  canceled_legs: [],
  triggered: false,
  extreme: null,
  active_from: null,
  ends_at: null,
  taken_from: null,
  leg_ids: [],
  version: 1,
  updated_at: at,
  account_id: 'A1',
  client_order_id: `c${n}`,
  broker_order_id: `b${n}`,
  instrument_id: of.instrument_id,
  symbol: of.symbol,
  action,
  quantity,
  order_type: 'MARKET',
  status: 'ACCEPTED',
  reason: null,
  settlement: { currency: of.currency, multiplier: of.multiplier, margined: of === future || of === pair },
  fills: [
    {
      execution_id: `b${n}-1`,
      account_id: 'A1',
      broker_order_id: `b${n}`,
      client_order_id: `c${n}`,
      instrument_id: of.instrument_id,
      symbol: of.symbol,
      action,
      quantity,
      price,
      commission,
      commission_currency: of.currency,
      time: at,
    },
  ],
  accepted_at: at,
})

/** Amounts as text, to be compared by eye and to the last digit. */
export const shown = (amounts: object): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, String(amount)]))
