import { z } from 'zod'
import { sentence } from '../../domain/errors.ts'
import type { BrokerToOpen } from '../adapter.ts'
import { BrokerError } from '../broker.ts'

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM')

/** `connection` of a broker of adapter `ibkr`. TWS and IB Gateway ask for no secret: who may reach their port may trade. */
export const settings = z.object({
  host: z.string().default('127.0.0.1'),
  /** 4001 and 4002 of IB Gateway, 7496 and 7497 of TWS: live and paper. */
  port: z.number().int().min(1).max(65_535),
  /** Fixed for as long as the login is used: orders belong to it. 0 would also be given what people trade by hand. */
  client_id: z.number().int().min(1).max(2_147_483_647).default(100),
  /** Where TWS tells times without a zone. */
  time_zone: z.string().default('America/New_York'),
  /** When the servers of the login's region go away every night. */
  reset_at: clockTime.default('23:45'),
  reset_zone: z.string().default('America/New_York'),
  /** 1 live, 2 frozen, 3 delayed, 4 delayed and frozen. */
  market_data_type: z.number().int().min(1).max(4).default(1),
  request_ms: z.number().int().min(50).default(6_000),
  order_ms: z.number().int().min(50).default(4_000),
  /** Silence after which the gateway is asked whether it lives, and after which it counts as dead. */
  quiet_ms: z.number().int().min(50).default(5_000),
  dead_ms: z.number().int().min(100).default(15_000),
  /** Waits between attempts to connect; the last one again and again. */
  again_after_ms: z.array(z.number().int().min(1)).min(1).default([500, 1_000, 2_000, 5_000, 10_000, 30_000]),
  /** Wait after the gateway said that our client id is in use. */
  in_use_ms: z.number().int().min(1).default(10_000),
})
export type Settings = z.output<typeof settings>

/** @throws BrokerError where the account hierarchy has a connection that makes no sense */
export function readSettings({ broker_id, connection }: Pick<BrokerToOpen, 'broker_id' | 'connection'>): Settings {
  const parsed = settings.safeParse(connection)
  if (parsed.success) return parsed.data
  throw new BrokerError(sentence('INVALID_CONNECTION', { broker_id, fault: z.prettifyError(parsed.error) }))
}
