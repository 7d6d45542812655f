import { sentence } from '../domain/errors.ts'
import type { BrokerToOpen } from './adapter.ts'
import type { Broker, OrderResult } from './broker.ts'
import type { Brokers } from './pool.ts'
import { withOwn } from './with-own.ts'

interface Gate {
  brokers: Brokers
  planOf(broker_id: string): Promise<Pick<BrokerToOpen, 'accounts'>>
  /** Whether this deployment trades live. */
  allowLive: boolean
}

/** Brokers through which nothing is placed or changed in a live account unless that is allowed, whichever way it comes. */
export function gateLive({ brokers, planOf, allowLive }: Gate): Brokers {
  if (allowLive) return brokers
  return async broker_id => gated(await brokers(broker_id), await planOf(broker_id))
}

/** What is in a live account can still be canceled and read. */
function gated(broker: Broker, { accounts }: Pick<BrokerToOpen, 'accounts'>): Broker {
  const live = new Set(accounts.filter(({ trading_mode }) => trading_mode === 'LIVE').map(({ account_id }) => account_id))
  if (live.size === 0) return broker
  const refusing =
    <R extends { account_id: string }>(send: (request: R) => Promise<OrderResult>) =>
    async (request: R): Promise<OrderResult> =>
      live.has(request.account_id)
        ? { kind: 'rejected', reason: sentence('LIVE_NOT_ALLOWED', { account_id: request.account_id }) }
        : send(request)
  return withOwn(broker, {
    placeOrder: refusing(request => broker.placeOrder(request)),
    modifyOrder: refusing(request => broker.modifyOrder(request)),
  })
}
