import { z } from 'zod'
import { Decimal } from '../../../shared/domain/money/decimal.ts'
import { legFields, legOf, moment, notNegative, orNull, type SentFields, type SignalInput, text } from './standard.ts'

// TradingView's documentation, "How to use a variable value in alert": what its placeholders are filled with.

const alertBody = legFields.extend({
  signalID: orNull(text),
  environment: orNull(text),
  order_id: orNull(text),
  /** `{{timenow}}`: ISO 8601 to the second, in UTC. */
  time: orNull(moment),
  market_position: orNull(
    z
      .string()
      .trim()
      .toLowerCase()
      .pipe(z.enum(['long', 'short', 'flat'])),
  ),
  /** Without a sign. */
  market_position_size: orNull(notNegative),
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

/** Of data that is delayed, TradingView says so in the exchange's name. */
const withoutDelay = (exchange: string | null) => exchange?.replace(/_DLY?$/, '') ?? null

/** A strategy alert's fields, however they are written. */
export const alertInput: z.ZodType<SignalInput> = alertBody.transform(
  ({ order_id, signalID, time, environment, market_position, market_position_size, ...leg }) => ({
    sender_signal_id: senderId({ signalID, order_id, time }),
    sent_at: time,
    environment,
    legs: [legOf({ ...leg, exchange: withoutDelay(leg.exchange) })],
    position_after: positionAfter({ market_position, market_position_size }),
  }),
)

const marks = ['market_position', 'market_position_size', 'order_id'] as const

/** Whether fields are those of a strategy alert. */
export const isAlert = ({ fields }: SentFields): boolean => 'ticker' in fields && marks.some(mark => mark in fields)
