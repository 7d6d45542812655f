import type { AdapterDeps, BrokerToOpen } from '../adapter.ts'
import type { Broker } from '../broker.ts'
import { capabilities } from './capabilities.ts'
import { cancel, modify } from './change.ts'
import type { IbkrSession } from './connection.ts'
import { openCore } from './core.ts'
import { openDailyCloses } from './daily-closes.ts'
import { openPlacing } from './place.ts'
import { balanceOf, calendar, executionsSince, getOrder, marginOf, openOrdersOf, positionsOf, whatIf } from './reads.ts'
import { readSettings } from './settings.ts'

/** Interactive Brokers through TWS or IB Gateway: one login, one socket, which is opened by `connect` and by nothing else. */
export interface IbkrBroker extends Broker {
  session(): Promise<IbkrSession>
}

export function ibkrBroker(
  plan: Pick<BrokerToOpen, 'broker_id' | 'connection'>,
  deps: Pick<AdapterDeps, 'now' | 'instruments'>,
): IbkrBroker {
  const core = openCore(readSettings(plan), deps)
  const { connection, marketData, streams } = core
  return {
    capabilities,
    connect: connection.connect,
    disconnect: async () => connection.disconnect(),
    status: async () => (connection.isReady() ? 'CONNECTED' : 'DISCONNECTED'),
    session: async () => connection.session(),
    placeOrder: openPlacing(core),
    modifyOrder: request => modify(core, request),
    cancelOrder: id => cancel(core, id),
    getOrder: id => getOrder(core, id),
    openOrders: account_id => openOrdersOf(core, account_id),
    executions: (account_id, since) => executionsSince(core, account_id, since),
    balance: account_id => balanceOf(core, account_id),
    positions: account_id => positionsOf(core, account_id),
    margin: account_id => marginOf(core, account_id),
    quote: instrument => marketData.quote(instrument),
    dailyCloses: openDailyCloses(core),
    whatIf: request => whatIf(core, request),
    calendar: (instrument, from, to) => calendar(core, instrument, from, to),
    // The socket tells of neither dividends nor expiries: their effects show in cash and positions.
    accountEvents: async account_id => {
      core.knowAccount(account_id)
      return []
    },
    stream: async (accounts, onReport) => streams.follow(accounts, onReport),
  }
}
