import type { Broker } from '../../../shared/brokers/broker.ts'
import { noTerms } from '../../../shared/brokers/order-terms.ts'
import type { InstrumentDocument } from '../../../shared/messages/instrument.ts'
import type { PaperAccount } from '../../../shared/store/paper-book.ts'
import { chanceOf } from './faults.ts'

interface Foreign {
  broker: Broker
  seed: number
  number: string
  accounts(): Promise<PaperAccount[]>
  instrument(instrument_id: string): Promise<InstrumentDocument | null>
}

/** What somebody else trades where an account of the demo holds nothing. */
const traded: Record<string, string> = { IBKR_Main: 'EQUITY:SPY', ALPACA_Main: 'EQUITY:AAPL', Binance_Main: 'CRYPTO:BTCUSDT' }

/** Places an order that is none of ours, as a person at the broker's own screen would; tells whether there was one to place. */
export async function giveForeignOrder({ broker, seed, number, accounts, instrument }: Foreign): Promise<boolean> {
  const all = await accounts()
  const account = all[Math.floor(chanceOf(seed, 'foreign account', number) * all.length)]
  const held = account?.positions[0]?.instrument_id
  const found = account && (await instrument(held ?? traded[account.account_id] ?? ''))
  if (!account || !found) return false
  const result = await broker.placeOrder({
    account_id: account.account_id,
    client_order_id: `foreign-${seed}-${number}`,
    instrument: found,
    action: chanceOf(seed, 'foreign side', number) < 0.5 ? 'BUY' : 'SELL',
    quantity: found.lot,
    order_type: 'MARKET',
    time_in_force: 'DAY',
    ...noTerms,
    is_exit: false,
  })
  return result.kind === 'confirmed'
}
