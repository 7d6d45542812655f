import { z } from 'zod'
import { Decimal, floorToStep, ONE, sum, ZERO } from '../../../domain/money/decimal.ts'
import type { AccountEvent, Balance, BrokerPosition, Margin, PlaceRequest } from '../../broker.ts'
import type { Account } from '../account.ts'
import { cashCoin } from './cash-coin.ts'
import { spotPrice } from './market.ts'
import { named } from './spot-orders.ts'
import { amount, type Trade, trade } from './wire.ts'

const accountAnswer = z.object({
  balances: z.array(z.object({ asset: z.string(), free: amount, locked: amount })),
  updateTime: z.coerce.number().optional(),
})

const isCash = (account: Account, asset: string): boolean =>
  asset === account.currency || account.session.connection.cash_assets.includes(asset)

interface Holding {
  asset: string
  symbol: string
  quantity: Decimal
  /** What is not tied up in orders. */
  free: Decimal
}

async function read(account: Account) {
  const { balances, updateTime } = accountAnswer.parse(await account.session.ask('privateGetAccount', { omitZeroBalances: 'true' }))
  const held = balances
    .map(({ asset, free, locked }): Holding => ({ asset, symbol: `${asset}${cashCoin(account)}`, quantity: free.plus(locked), free }))
    .filter(({ quantity }) => !quantity.isZero())
  const coins = held.filter(({ asset }) => !isCash(account, asset))
  return { cash: held.filter(({ asset }) => isCash(account, asset)), coins, updateTime }
}

/** A text that changes whenever anything was traded. What is held tells markets that the account uses. */
export async function spotHolding(account: Account): Promise<string> {
  const { cash, coins, updateTime } = await read(account)
  for (const { asset, symbol } of coins) if (await spotPrice(account, asset, cashCoin(account))) account.symbols.add(symbol)
  return JSON.stringify([updateTime, [...account.symbols], [...cash, ...coins].map(({ asset, quantity, free }) => [asset, quantity, free])])
}

/** Coins as positions in their markets against cash. A coin that has no such market is held, but worth nothing that could be said. */
export async function spotPositions(account: Account): Promise<BrokerPosition[]> {
  const { coins } = await read(account)
  return positionsOf(account, coins)
}

async function positionsOf(account: Account, coins: readonly Holding[]): Promise<BrokerPosition[]> {
  const positions: BrokerPosition[] = []
  for (const { asset, symbol, quantity } of coins) {
    const price = await spotPrice(account, asset, cashCoin(account))
    const avg_price = price ? ((await costOf(account, { asset, symbol, quantity })) ?? price) : ZERO
    const current_price = price ?? ZERO
    const { instrument_id, symbol: own } = await named(account, symbol)
    const unrealized_pnl = current_price.minus(avg_price).times(quantity)
    positions.push({
      account_id: account.account_id,
      instrument_id,
      symbol: own,
      side: 'LONG',
      quantity,
      avg_price,
      current_price,
      unrealized_pnl,
    })
  }
  return positions
}

/** The exchange does not know what a coin cost: its last trades do, as far as they reach. */
async function costOf(account: Account, { asset, symbol, quantity }: Omit<Holding, 'free'>): Promise<Decimal | null> {
  const known = account.costs.get(symbol)
  if (known?.quantity === quantity.toFixed()) return known.avg_price
  const trades = z.array(trade).parse(await account.session.ask('privateGetMyTrades', { symbol, limit: 1000 }))
  const avg_price = averageCost(trades, asset)
  if (avg_price) account.costs.set(symbol, { quantity: quantity.toFixed(), avg_price })
  return avg_price
}

/** Average price of what trades leave behind, fees in the coin itself counted; null where they leave nothing. */
export function averageCost(trades: readonly Trade[], asset: string): Decimal | null {
  let [held, cost] = [ZERO, ZERO]
  for (const { isBuyer, qty, price, commission, commissionAsset } of trades) {
    if (isBuyer) [held, cost] = [held.plus(qty), cost.plus(qty.times(price))]
    else {
      const left = held.minus(qty)
      cost = left.gt(0) ? cost.times(left).div(held) : ZERO
      held = left.gt(0) ? left : ZERO
    }
    if (commissionAsset === asset && held.gt(commission)) held = held.minus(commission)
  }
  return held.gt(0) ? cost.div(held) : null
}

/** Spot lends nothing: no margin is used, and what is available is cash that no order ties up. */
export async function spotBalance(account: Account): Promise<Balance> {
  const { cash, coins } = await read(account)
  const positions = await positionsOf(account, coins)
  const money = sum(cash.map(({ quantity }) => quantity))
  const worth = sum(positions.map(({ quantity, current_price }) => quantity.times(current_price)))
  return {
    account_id: account.account_id,
    equity: money.plus(worth),
    cash: money,
    margin_used: ZERO,
    margin_available: sum(cash.map(({ free }) => free)),
    unrealized_pnl: sum(positions.map(({ unrealized_pnl }) => unrealized_pnl)),
    // It is not told: ours is counted from fills.
    realized_pnl: ZERO,
  }
}

export async function spotMargin(account: Account): Promise<Margin> {
  const { cash } = await read(account)
  return { account_id: account.account_id, initial: ZERO, maintenance: ZERO, available: sum(cash.map(({ free }) => free)) }
}

const feeAnswer = z.object({
  commissionRates: z.object({ maker: amount, taker: amount, buyer: amount }).optional(),
  /** In hundredths of a percent. */
  takerCommission: amount.optional(),
  balances: accountAnswer.shape.balances,
})
const burn = z.object({ spotBNBBurn: z.boolean() })

/** How much of a bracket's bought coins is left to close: a fee is taken out of them, unless it is paid in BNB. In whole lots. */
export async function leftAfterFee({ session }: Account, { order_type, action, quantity, instrument }: PlaceRequest): Promise<Decimal> {
  if (order_type !== 'BRACKET' || action !== 'BUY') return quantity
  const { commissionRates, takerCommission, balances } = feeAnswer.parse(
    await session.ask('privateGetAccount', { omitZeroBalances: 'true' }),
  )
  const rate = commissionRates
    ? Decimal.max(commissionRates.maker, commissionRates.taker).plus(commissionRates.buyer)
    : (takerCommission ?? ZERO).div(10_000)
  const hasBnb = balances.some(({ asset, free }) => asset === 'BNB' && free.gt(0))
  // Its place for trying things out does not tell.
  const paysInBnb = hasBnb && !session.connection.demo && burn.parse(await session.ask('sapiGetBnbBurn')).spotBNBBurn
  return paysInBnb || rate.isZero() ? quantity : floorToStep(quantity.times(ONE.minus(rate)), instrument.lot)
}

const dividends = z.object({
  rows: z
    .array(
      z.object({
        id: z.union([z.string(), z.number()]).transform(String),
        asset: z.string(),
        amount,
        divTime: z.coerce.number(),
        enInfo: z.string().default(''),
      }),
    )
    .default([]),
})
const movements = z.array(
  z.object({
    id: z.union([z.string(), z.number()]).transform(String).optional(),
    txId: z.string().nullish(),
    coin: z.string(),
    amount,
    insertTime: z.coerce.number().nullish(),
    /** Withdrawals tell texts here, deposits a number. */
    completeTime: z.union([z.string(), z.number()]).nullish(),
    applyTime: z.string().nullish(),
    status: z.coerce.number(),
  }),
)

const DEPOSIT_DONE = 1
const WITHDRAWAL_DONE = 6

/** Coins that came or went beside orders: distributions, deposits, withdrawals. */
export async function spotAccountEvents(account: Account, since: Date): Promise<AccountEvent[]> {
  const startTime = since.getTime()
  // Its place for trying things out has no such books.
  if (account.session.connection.demo || startTime > account.now().getTime()) return []
  const [given, came, went] = await Promise.all([
    account.session.ask('sapiGetAssetAssetDividend', { startTime, limit: 500 }),
    account.session.ask('sapiGetCapitalDepositHisrec', { startTime }),
    account.session.ask('sapiGetCapitalWithdrawHistory', { startTime }),
  ])
  const cash = (
    event: Pick<AccountEvent, 'event_id' | 'time' | 'description'> & { currency: string; amount: Decimal; type: 'INTEREST' | 'TRANSFER' },
  ): AccountEvent => ({
    kind: 'CASH',
    account_id: account.account_id,
    instrument_id: null,
    ...event,
  })
  return [
    ...dividends.parse(given).rows.map(row =>
      cash({
        event_id: `dividend-${row.id}`,
        type: 'INTEREST',
        currency: row.asset,
        amount: row.amount,
        time: new Date(row.divTime),
        description: row.enInfo,
      }),
    ),
    ...movements
      .parse(came)
      .filter(({ status }) => status === DEPOSIT_DONE)
      .map(row =>
        cash({
          event_id: `deposit-${row.id ?? row.txId}`,
          type: 'TRANSFER',
          currency: row.coin,
          amount: row.amount,
          time: new Date(row.insertTime ?? 0),
          description: 'deposit',
        }),
      ),
    ...movements
      .parse(went)
      .filter(({ status }) => status === WITHDRAWAL_DONE)
      .map(row =>
        cash({
          event_id: `withdrawal-${row.id ?? row.txId}`,
          type: 'TRANSFER',
          currency: row.coin,
          amount: row.amount.neg(),
          time: utc(row.completeTime ?? row.applyTime),
          description: 'withdrawal',
        }),
      ),
  ]
    .filter(({ time }) => time >= since)
    .toSorted((a, b) => a.time.getTime() - b.time.getTime())
}

/** `2026-03-02 15:04:05` is UTC, whatever the machine's zone. */
const utc = (told: string | number | null | undefined): Date =>
  new Date(typeof told === 'string' ? `${told.replace(' ', 'T')}Z` : (told ?? 0))
