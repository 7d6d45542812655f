import { instrument } from '../../shared/messages/instrument.ts'
import { listed } from '../local/demo/instruments.ts'

/** What is traded where only the broker matters. */
export const measuredShare = instrument.parse(
  listed({
    instrument_id: 'BENCH',
    symbol: 'BENCH',
    name: 'measured',
    asset_class: 'EQUITY',
    currency: 'USD',
    tick: '0.01',
    calendar: 'ALWAYS',
  }),
)
