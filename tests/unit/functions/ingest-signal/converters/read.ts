import { readBody } from '../../../../../functions/ingest-signal/body.ts'
import { claimOf, namesNobody } from '../../../../../functions/ingest-signal/claim.ts'
import { convert } from '../../../../../functions/ingest-signal/converters/formats.ts'
import { rawOf } from '../../../../../functions/ingest-signal/raw.ts'
import { Problem, type ProblemInput } from '../../../../../shared/runtime/problem.ts'

interface Way {
  content_type?: string
  /** The sender's `signal_format`. */
  configured?: string | null
}

/** Bytes as the door reads them, before it asks anybody else. */
export function readBytes(bytes: Buffer, { content_type, configured = null }: Way = {}) {
  const body = readBody(bytes, content_type)
  const claim = claimOf(body)
  if (claim.reference === null) throw namesNobody(body)
  return { claim, ...convert(body, configured), raw: rawOf(body.fields) }
}

/** Reads a body as it comes over the wire: text as it is, anything else as JSON. */
export const read = (body: unknown, way: Way = {}) => readBytes(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), way)

/** The refusal of a body that must not be read. */
export function refusal(body: unknown, way: Way = {}): ProblemInput {
  try {
    read(body, way)
  } catch (error) {
    if (error instanceof Problem) return error.input
    throw error
  }
  throw new Error('the body was not refused')
}

/** Status, code and the paths of a refusal's errors. */
export const refused = (body: unknown, way: Way = {}) => {
  const { status, code, errors = [] } = refusal(body, way)
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
