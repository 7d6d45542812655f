import { z } from 'zod'
import { Decimal } from '../../../shared/domain/money/decimal.ts'
import { type Converter, legFields, legOf, notNegative, orNull, positive, text } from './standard.ts'

const marks = ['contracts', 'market_position', 'market_position_size', 'order_id']

const firstOf = (body: Record<string, unknown>, ...names: string[]) => names.map(name => body[name]).find(value => value !== undefined)

const moment = z.iso.datetime({ offset: true }).transform(iso => new Date(iso))

const alertBody = legFields.omit({ quantity: true }).extend({
  strategy_name: text,
  passphrase: orNull(text),
  order_id: orNull(text),
  signalID: orNull(text),
  time: orNull(moment),
  environment: orNull(text),
  market_position: orNull(z.enum(['long', 'short', 'flat'])),
  market_position_size: orNull(notNegative),
  contracts: orNull(positive),
})

type Alert = z.output<typeof alertBody>

const positionAfter = ({
  market_position,
  market_position_size,
}: Pick<Alert, 'market_position' | 'market_position_size'>): Decimal | null => {
  if (market_position === 'flat') return new Decimal(0)
  if (market_position === null || market_position_size === null) return null
  return market_position === 'short' ? market_position_size.neg() : market_position_size
}

const senderId = ({ signalID, order_id, time }: Pick<Alert, 'signalID' | 'order_id' | 'time'>): string | null =>
  signalID ?? (order_id !== null && time !== null ? `${order_id}@${time.toISOString()}` : null)

/** A TradingView strategy alert whose message is JSON. */
export const tradingviewJson: Converter = {
  name: 'tradingview-json',
  fits: body => firstOf(body, 'ticker', 'symbol') !== undefined && marks.some(mark => mark in body),
  input: z
    .preprocess(input => {
      if (typeof input !== 'object' || input === null) return input
      const body = input as Record<string, unknown>
      return {
        ...body,
        ticker: firstOf(body, 'ticker', 'symbol'),
        action: firstOf(body, 'action', 'side'),
        contracts: firstOf(body, 'contracts', 'quantity', 'qty', 'size'),
      }
    }, alertBody)
    .transform(
      ({ strategy_name, passphrase, order_id, signalID, time, environment, market_position, market_position_size, contracts, ...leg }) => ({
        strategy: strategy_name,
        passphrase,
        sender_signal_id: senderId({ signalID, order_id, time }),
        sent_at: time,
        environment,
        legs: [legOf({ ...leg, quantity: contracts })],
        position_after: positionAfter({ market_position, market_position_size }),
      }),
    ),
}
