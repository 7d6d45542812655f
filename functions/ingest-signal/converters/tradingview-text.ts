import { type Converter, flatPlace } from './standard.ts'
import { alertInput } from './tradingview.ts'

/** A TradingView alert whose message is text: the same keys as `key=value` pairs. */
export const tradingviewText: Converter = {
  name: 'tradingview-text',
  fits: ({ fields, written }) => written === 'pairs' && 'ticker' in fields,
  prepare: fields => fields,
  placeOf: flatPlace,
  input: alertInput,
}
