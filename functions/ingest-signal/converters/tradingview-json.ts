import { z } from 'zod'
import { Decimal } from '../../../shared/domain/money/decimal.ts'
import { type Converter, legInput, orNull, text } from './standard.ts'

const marks = ['contracts', 'market_position', 'market_position_size', 'order_id']

const firstOf = (body: Record<string, unknown>, ...names: string[]) => names.map(name => body[name]).find(value => value !== undefined)

const size = z.union([z.number(), z.string().regex(/^\d{1,18}(\.\d+)?$/, 'must be a number ≥ 0')]).transform(value => new Decimal(value))
const moment = z.iso.datetime({ offset: true }).transform(iso => new Date(iso))

const alertBody = z.object({
  strategy_name: text,
  passphrase: orNull(text),
  order_id: orNull(text),
  signalID: orNull(text),
  time: orNull(moment),
  environment: orNull(text),
  market_position: orNull(z.enum(['long', 'short', 'flat'])),
  market_position_size: orNull(size),
  leg: legInput,
})

type Alert = z.output<typeof alertBody>

const positionAfter = ({ market_position, market_position_size }: Alert): Decimal | null => {
  if (market_position === 'flat') return new Decimal(0)
  if (market_position === null || market_position_size === null) return null
  return market_position === 'short' ? market_position_size.neg() : market_position_size
}

const senderId = ({ signalID, order_id, time }: Alert): string | null =>
  signalID ?? (order_id !== null && time !== null ? `${order_id}@${time.toISOString()}` : null)

/** A TradingView strategy alert whose message is JSON. */
export const tradingviewJson: Converter = {
  name: 'tradingview-json',
  fits: body => firstOf(body, 'ticker', 'symbol') !== undefined && marks.some(mark => mark in body),
  input: z
    .preprocess(input => {
      if (typeof input !== 'object' || input === null) return input
      const body = input as Record<string, unknown>
      const leg = {
        ...body,
        ticker: firstOf(body, 'ticker', 'symbol'),
        action: firstOf(body, 'action', 'side'),
        requested_quantity: firstOf(body, 'contracts', 'quantity', 'qty', 'size'),
      }
      return { ...body, leg }
    }, alertBody)
    .transform(alert => ({
      strategy: alert.strategy_name,
      passphrase: alert.passphrase,
      sender_signal_id: senderId(alert),
      sent_at: alert.time,
      environment: alert.environment,
      legs: [alert.leg],
      position_after: positionAfter(alert),
    })),
}
