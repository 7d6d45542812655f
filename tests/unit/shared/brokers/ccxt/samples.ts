import { type Account, newAccount } from '../../../../../shared/brokers/ccxt/account.ts'
import { readConnection } from '../../../../../shared/brokers/ccxt/connection.ts'
import type { Session } from '../../../../../shared/brokers/ccxt/session.ts'
import { coin, perpetual } from '../../../../contract/brokers/binance/venue.ts'

const at = new Date('2026-03-02T15:00:00.000Z')

/** An account whose exchange is never asked. */
export function silentAccount(exchange: string): Account {
  const connection = readConnection('B', { exchange, api_key: 'key', secret: 'secret' })
  const known = [coin, perpetual]
  return newAccount(
    { account_id: 'A1', connection } as unknown as Session,
    { account_id: 'A1', account_type: 'CRYPTO', currency: 'USDT', trading_mode: 'PAPER' },
    {
      now: () => at,
      instruments: {
        byId: async id => known.find(({ instrument_id }) => instrument_id === id) ?? null,
        bySymbol: async (venue, symbol) =>
          known.find(each => each.broker_symbols[venue] === symbol) ?? known.find(each => each.symbol === symbol) ?? null,
      },
    },
  )
}
