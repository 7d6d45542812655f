import { z } from 'zod'
import { type Decimal, ZERO } from '../../../domain/money/decimal.ts'
import type { FillReport } from '../../../messages/order.ts'
import type { BrokerExecution } from '../../broker.ts'
import { type Account, unifiedNames } from '../account.ts'
import { cashCoin } from './cash-coin.ts'
import { noMarket } from './market.ts'
import { fillOf, named, spotFillOf } from './spot-orders.ts'
import { amount, type Trade } from './wire.ts'

const MINUTE_MS = 60_000
const MOST_REMEMBERED = 1_000
const opening = z.array(z.tuple([z.coerce.number(), amount]).rest(z.unknown()))
/** By session: what a coin was worth in another when a minute began. */
const known = new WeakMap<Account['session'], Map<string, Decimal | null>>()

/** Whether a fee was paid in a coin that the market trades on neither side, as BNB is where an account chose so. */
const isPaidElsewhere = ({ symbol, commission, commissionAsset }: Trade): boolean =>
  !commission.isZero() && !unifiedNames(symbol, false).some(name => name.split('/').includes(commissionAsset))

interface Question {
  coin: string
  into: string
  time: Date
  candles?: string
}

/** What a coin was worth when the minute of a moment began: the same whenever it is asked for. Null where there is no such market. */
async function priceAt({ session }: Account, { coin, into, time, candles = 'publicGetKlines' }: Question): Promise<Decimal | null> {
  const startTime = Math.floor(time.getTime() / MINUTE_MS) * MINUTE_MS
  const prices = known.get(session) ?? new Map<string, Decimal | null>()
  known.set(session, prices)
  const key = `${coin}${into} ${startTime}`
  const before = prices.get(key)
  if (before !== undefined) return before
  const answer = await session.ask(candles, { symbol: `${coin}${into}`, interval: '1m', startTime, limit: 1 }).catch(noMarket)
  const price = answer === null ? null : (opening.parse(answer)[0]?.[1] ?? null)
  if (prices.size > MOST_REMEMBERED) prices.clear()
  prices.set(key, price)
  return price
}

/** A trade's fill with its fee in money, also where that was paid in a third coin. */
export async function pricedFillOf(account: Account, trade: Trade): Promise<FillReport> {
  const fill = spotFillOf(trade)
  if (!isPaidElsewhere(trade)) return fill
  const into = unifiedNames(trade.symbol, false)[0]?.split('/')[1] ?? cashCoin(account)
  const price = await priceAt(account, { coin: trade.commissionAsset, into, time: trade.time })
  return price ? { ...fill, commission: trade.commission.times(price), commission_currency: into } : fill
}

/** The same before anybody was asked what the third coin was worth: that is told later. */
export const unpricedFillOf = (trade: Trade): FillReport =>
  isPaidElsewhere(trade) ? { ...spotFillOf(trade), commission: ZERO, commission_pending: true } : spotFillOf(trade)

/** What a fee in a third coin takes from the account's own holding of it: nobody's order, booked on EXTERNAL. */
export async function feePaid(account: Account, trade: Trade): Promise<BrokerExecution[]> {
  if (!isPaidElsewhere(trade)) return []
  const { symbol, id, commissionAsset: coin, commission, time } = trade
  const into = cashCoin(account)
  const price = await priceAt(account, { coin, into, time })
  const key = `${symbol}:${id}:fee`
  return [
    {
      execution_id: key,
      account_id: account.account_id,
      broker_order_id: key,
      client_order_id: null,
      ...(await named(account, `${coin}${into}`)),
      action: 'SELL',
      quantity: commission,
      price: price ?? ZERO,
      time,
      commission: ZERO,
      commission_currency: into,
    },
  ]
}

/** A contract's fee is paid in what it is quoted in, or in a third coin. */
const isOwnCoin = ({ symbol, commission, commissionAsset }: Trade): boolean =>
  commission.isZero() || symbol.split('_')[0]?.endsWith(commissionAsset) === true

/** The same for contracts, whose margin pays: nothing that is held becomes less by it. */
export async function pricedContractFillOf(account: Account, trade: Trade): Promise<FillReport> {
  const fill = fillOf(trade)
  if (isOwnCoin(trade)) return fill
  const into = unifiedNames(trade.symbol, true)[0]?.split(':')[1]?.split('-')[0] ?? cashCoin(account)
  const price = await priceAt(account, { coin: trade.commissionAsset, into, time: trade.time, candles: 'fapiPublicGetKlines' })
  return price ? { ...fill, commission: trade.commission.times(price), commission_currency: into } : fill
}

export const unpricedContractFillOf = (trade: Trade): FillReport =>
  isOwnCoin(trade) ? fillOf(trade) : { ...fillOf(trade), commission: ZERO, commission_pending: true }
