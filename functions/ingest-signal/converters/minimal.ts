import { z } from 'zod'
import { Decimal } from '../../../shared/domain/money/decimal.ts'
import { isObject } from './names.ts'
import { type Converter, flatPlace, legFields, legOf, moment, orNull, text } from './standard.ts'

const sentiment = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.enum(['bullish', 'bearish', 'long', 'short', 'flat']))

const minimalBody = legFields.extend({
  signalID: orNull(text),
  environment: orNull(text),
  time: orNull(moment),
  sentiment: orNull(sentiment),
})

/** TradersPost writes stops as objects, `{type, stopPrice}` and `{limitPrice}`; what is a price of its own is taken from them. */
const priceIn = (value: unknown, name: string): unknown => (isObject(value) && name in value ? value[name] : value)

/**
 * `{strategy_name, passphrase, ticker, action}`, as TradersPost has it (its webhook reference). A flat sentiment says that the order only
 * closes; the others name a side, which the action says as well.
 */
export const minimal: Converter = {
  name: 'minimal',
  fits: ({ fields }) => 'ticker' in fields && 'action' in fields,
  prepare: fields => ({
    ...fields,
    stop_loss: priceIn(fields.stop_loss, 'stopPrice'),
    take_profit: priceIn(fields.take_profit, 'limitPrice'),
  }),
  placeOf: flatPlace,
  input: minimalBody.transform(({ signalID, environment, time, sentiment: after, ...leg }) => ({
    sender_signal_id: signalID,
    sent_at: time,
    environment,
    legs: [legOf({ ...leg, signal_type: leg.signal_type ?? (after === 'flat' ? 'EXIT' : null) })],
    position_after: after === 'flat' ? new Decimal(0) : null,
  })),
}
