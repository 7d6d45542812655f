import { type Converter, flatPlace } from './standard.ts'
import { alertInput, isAlert } from './tradingview.ts'

/** A TradingView strategy alert whose message is JSON. */
export const tradingviewJson: Converter = {
  name: 'tradingview-json',
  fits: body => body.written === 'json' && isAlert(body),
  prepare: fields => fields,
  placeOf: flatPlace,
  input: alertInput,
}
