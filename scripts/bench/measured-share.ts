import { Decimal, ONE } from '../../shared/domain/money/decimal.ts'
import type { InstrumentDocument } from '../../shared/messages/instrument.ts'

/** What is traded where only the broker matters. */
export const measuredShare: InstrumentDocument = {
  instrument_id: 'BENCH',
  symbol: 'BENCH',
  name: 'measured',
  asset_class: 'EQUITY',
  exchange: null,
  currency: 'USD',
  expiry: null,
  strike: null,
  right: null,
  multiplier: ONE,
  lot: ONE,
  tick: new Decimal('0.01'),
  margin_per_lot: null,
  margin_pct: null,
  calendar: 'ALWAYS',
  broker_symbols: {},
  continuous_of: null,
}
