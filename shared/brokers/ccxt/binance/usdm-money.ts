import { z } from 'zod'
import { type Decimal, ONE, ZERO } from '../../../domain/money/decimal.ts'
import type { AccountEvent, Balance, BrokerPosition, CashEvent, Margin } from '../../broker.ts'
import type { Account } from '../account.ts'
import { usdmPrice } from './market.ts'
import { namedContract } from './usdm-orders.ts'
import { amount, id } from './wire.ts'

const asset = z.object({
  asset: z.string(),
  walletBalance: amount,
  unrealizedProfit: amount,
  marginBalance: amount,
  initialMargin: amount,
  maintMargin: amount,
  availableBalance: amount,
})
const accountAnswer = z.object({ assets: z.array(asset) })

const row = z.object({
  symbol: z.string(),
  positionAmt: amount,
  entryPrice: amount,
  markPrice: amount,
  unRealizedProfit: amount,
})

/** Coins that margin may be posted in, each worth what it is worth in the account's currency. */
async function inCurrency(account: Account) {
  const { assets } = accountAnswer.parse(await account.session.ask('fapiPrivateV3GetAccount'))
  const { cash_assets } = account.session.connection
  const totals = { wallet: ZERO, unrealized: ZERO, equity: ZERO, initial: ZERO, maintenance: ZERO, available: ZERO }
  for (const each of assets) {
    if (each.marginBalance.isZero() && each.walletBalance.isZero()) continue
    const cash = each.asset === account.currency || cash_assets.includes(each.asset)
    const rate = cash ? ONE : await usdmPrice(account, each.asset, cash_assets[0] ?? account.currency)
    if (!rate) continue
    add(totals, each, rate)
  }
  return totals
}

type Totals = Record<'wallet' | 'unrealized' | 'equity' | 'initial' | 'maintenance' | 'available', Decimal>

function add(totals: Totals, each: z.output<typeof asset>, rate: Decimal): void {
  totals.wallet = totals.wallet.plus(each.walletBalance.times(rate))
  totals.unrealized = totals.unrealized.plus(each.unrealizedProfit.times(rate))
  totals.equity = totals.equity.plus(each.marginBalance.times(rate))
  totals.initial = totals.initial.plus(each.initialMargin.times(rate))
  totals.maintenance = totals.maintenance.plus(each.maintMargin.times(rate))
  totals.available = totals.available.plus(each.availableBalance.times(rate))
}

export async function usdmBalance(account: Account): Promise<Balance> {
  const { wallet, unrealized, equity, initial, available } = await inCurrency(account)
  return {
    account_id: account.account_id,
    equity,
    cash: wallet,
    margin_used: initial,
    margin_available: available,
    unrealized_pnl: unrealized,
    // It is not told as a balance: ours is counted from fills.
    realized_pnl: ZERO,
  }
}

export async function usdmMargin(account: Account): Promise<Margin> {
  const { initial, maintenance, available } = await inCurrency(account)
  return { account_id: account.account_id, initial, maintenance, available }
}

export async function usdmPositions(account: Account): Promise<BrokerPosition[]> {
  const rows = z.array(row).parse(await account.session.ask('fapiPrivateV3GetPositionRisk'))
  const positions: BrokerPosition[] = []
  for (const { symbol: market, positionAmt: quantity, entryPrice, markPrice, unRealizedProfit } of rows) {
    account.symbols.add(market)
    if (quantity.isZero()) continue
    positions.push({
      account_id: account.account_id,
      ...(await namedContract(account, market)),
      side: quantity.isNegative() ? 'SHORT' : 'LONG',
      quantity,
      avg_price: entryPrice,
      current_price: markPrice,
      unrealized_pnl: unRealizedProfit,
    })
  }
  return positions
}

const income = z.object({
  symbol: z.string().default(''),
  incomeType: z.string(),
  income: amount,
  asset: z.string(),
  info: z.string().default(''),
  time: z.coerce.number(),
  tranId: id,
  tradeId: z.union([z.string(), z.number()]).optional(),
})

/** Results and commissions of trades are booked with those. */
const kinds: Record<string, CashEvent['type']> = {
  TRANSFER: 'TRANSFER',
  INTERNAL_TRANSFER: 'TRANSFER',
  CROSS_COLLATERAL_TRANSFER: 'TRANSFER',
  STRATEGY_UMFUTURES_TRANSFER: 'TRANSFER',
  COIN_SWAP_DEPOSIT: 'TRANSFER',
  COIN_SWAP_WITHDRAW: 'TRANSFER',
  FUNDING_FEE: 'FINANCING',
  INSURANCE_CLEAR: 'FEE',
  API_REBATE: 'FEE',
  REFERRAL_KICKBACK: 'FEE',
  COMMISSION_REBATE: 'FEE',
  DELIVERED_SETTELMENT: 'FEE',
  WELCOME_BONUS: 'TRANSFER',
}

export async function usdmAccountEvents(account: Account, since: Date): Promise<AccountEvent[]> {
  if (since.getTime() > account.now().getTime()) return []
  const found: z.output<typeof income>[] = []
  for (let page = 1; ; page += 1) {
    const answer = await account.session.ask('fapiPrivateGetIncome', { startTime: since.getTime(), limit: 1000, page })
    const rows = z.array(income).parse(answer)
    found.push(...rows)
    if (rows.length < 1000) break
  }
  const events: AccountEvent[] = []
  for (const each of found) {
    const type = kinds[each.incomeType]
    if (!type) continue
    events.push({
      kind: 'CASH',
      account_id: account.account_id,
      event_id: eventId(each),
      type,
      currency: each.asset,
      amount: each.income,
      instrument_id: each.symbol === '' ? null : (await namedContract(account, each.symbol)).instrument_id,
      time: new Date(each.time),
      description: each.info === '' ? each.incomeType : `${each.incomeType} ${each.info}`,
    })
  }
  return events.filter(({ time }) => time >= since).toSorted((a, b) => a.time.getTime() - b.time.getTime())
}

/** An id is only unique among those of a kind; a funding fee's is one for all markets. */
const eventId = ({ incomeType, tranId, symbol }: z.output<typeof income>): string =>
  `${incomeType}-${tranId}${symbol === '' ? '' : `-${symbol}`}`
