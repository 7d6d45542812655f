import { type ReadSignal, readSignal } from '../../../../../functions/ingest-signal/converters/formats.ts'
import { Problem, type ProblemInput } from '../../../../../shared/runtime/problem.ts'

/** Reads a body as it comes over the wire: text as it is, anything else as JSON. */
export const read = (body: unknown): ReadSignal => readSignal(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))

/** The refusal of a body that must not be read. */
export function refusal(body: unknown): ProblemInput {
  try {
    read(body)
  } catch (error) {
    if (error instanceof Problem) return error.input
    throw error
  }
  throw new Error('the body was not refused')
}

/** Status, code and the paths of a refusal's errors. */
export const refused = (body: unknown) => {
  const { status, code, errors = [] } = refusal(body)
  return [status, code, ...errors.map(({ path }) => path)].join(' ')
}

/** The house format's example of the specification. */
export const houseBody = {
  strategy_name: 'Forex',
  signal_sent_EPOCH: 1731000000,
  signalID: 'test_001',
  passphrase: 'open sesame',
  environment: 'staging',
  signal: { ticker: 'AUDCAD', action: 'BUY', quantity: 100000 },
}

/** The TradingView template of the specification with its placeholders filled, as TradingView does. */
export const alertBody = {
  strategy_name: 'Forex',
  passphrase: 'open sesame',
  ticker: 'AUDCAD',
  exchange: 'OANDA',
  action: 'buy',
  contracts: '0.5',
  price: '0.90125',
  market_position: 'long',
  market_position_size: '1.5',
  time: '2026-03-02T15:00:00Z',
  order_id: 'Long',
}

/** A house body whose only leg has these fields besides ticker and action. */
export const withLeg = (fields: Record<string, unknown>) => ({ ...houseBody, signal: { ticker: 'AUDCAD', action: 'BUY', ...fields } })

/** A value as text where it is an amount or a moment. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
