import { z } from 'zod'
import { orderType } from '../../messages/signal.ts'
import { type Broker, BrokerError } from '../broker.ts'

/** What the supervisor can make of market and limit orders and of watching the market. */
const emulable = ['STOP', 'STOP_LIMIT', 'TRAILING_STOP', 'BRACKET', 'OCO'] as const

const lacked = z.array(orderType.exclude(['MARKET', 'LIMIT'])).default([])

/** A paper broker that lacks order types on purpose, as real ones do: those that its connection names under `lacks`. */
export function lacking(broker: Broker, { lacks }: Readonly<Record<string, unknown>>): Broker {
  const { data: types, error } = lacked.safeParse(lacks)
  if (error) throw new BrokerError(`INVALID_CONNECTION: lacks ${error.message}`)
  const missing = new Set<string>(types)
  const { capabilities } = broker
  return {
    ...broker,
    capabilities: {
      ...capabilities,
      order_types: capabilities.order_types.filter(type => !missing.has(type)),
      emulable: emulable.filter(type => missing.has(type)),
    },
  }
}
