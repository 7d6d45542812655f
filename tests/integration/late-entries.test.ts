import { describe, expect, it } from 'vitest'
import type { Broker } from '../../shared/brokers/broker.ts'
import { ONE, ZERO } from '../../shared/domain/money/decimal.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { update } from '../../shared/store/collection.ts'
import { createLedger, emptyLedger, marginLedger } from '../../shared/store/margin-ledger.ts'
import { newStrategyDocument } from '../../shared/store/new-strategy.ts'
import { strategyConfigurations } from '../../shared/store/strategy-configurations.ts'
import { tradingOrders } from '../../shared/store/trading-orders.ts'
import { insertSignal } from '../../shared/store/trading-signals.ts'
import { at, money } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored } = executionHouse(house)

describe('an entry that is sent once more, or late', () => {
  const seen = money(100)
  /** An entry whose first attempt never reached the broker, put back to be sent again. */
  async function sentAgain(max_slippage: number): Promise<{ order_id: string; sent: number }> {
    const account_id = await house.account()
    const placed = command(account_id, { is_exit: false, max_slippage, action: 'BUY' })
    await reserved(placed)
    let sent = 0
    const deaf: Broker = { ...house.broker(), placeOrder: async () => ({ kind: 'unknown', reason: 'gone' }) }
    await executing(deaf)(placed)
    await tradingOrders.in(house.store).updateOne({ order_id: placed.order_id }, { $set: { status: 'NEW' } })
    const counting: Broker = {
      ...house.broker(),
      placeOrder: async () => {
        sent += 1
        return { kind: 'confirmed', broker_order_id: 'b' }
      },
    }
    await executing(counting)(placed)
    return { order_id: placed.order_id, sent }
  }

  async function reserved(placed: OrderCommand): Promise<void> {
    const { account_id, order_id, signal_id, strategy_id, instrument_id, action, quantity } = placed
    const amounts = { amount: ZERO, amount_fund: ZERO, cash: ZERO, equity: ZERO, equity_fund: ZERO, price: seen, unit_value: ONE }
    const held = { order_id, signal_id, strategy_id, instrument_id, action, quantity, account_id, state: 'live' as const, at, ...amounts }
    await createLedger(house.store, emptyLedger('fund', 'PAPER'))
    await marginLedger.in(house.store).updateOne({ fund_id: 'fund', trading_mode: 'PAPER' }, update({ $push: { reservations: held } }))
    const quote_at_receipt = { bid: money('99.98'), ask: seen, as_of: at }
    const none = { price: null, limit_price: null, stop_price: null, stop_loss: null, take_profit: null, trail_pct: null, expires_at: null }
    await insertSignal(house.store, {
      signal_id,
      strategy_id,
      sender_signal_id: null,
      environment: 'test',
      source: 'api',
      sent_at: null,
      received_at: at,
      latency_ms: null,
      legs: [{ ...placed, ...none, quote_at_receipt, signal_type: 'ENTRY', requested_quantity: null }],
      position_after: null,
      identity: `id:${signal_id}`,
      content_hash: '',
      raw: {},
      status: 'ORDERED',
      states: [],
    })
  }

  // The ask is 100.02: 0.02 % worse than the signal's 100.
  it('goes while its price has not run away', async () => {
    const { order_id, sent } = await sentAgain(0.0003)
    expect([sent, (await stored(order_id)).status]).toEqual([1, 'SUBMITTED'])
  })

  it('is EXPIRED where it waited longer than its strategy takes signals, and not sent after all (rule 21)', async () => {
    const account_id = await house.account()
    const slow = newStrategyDocument({ strategy_id: 'Slow', max_signal_age: 900 }, { now: at, passphrase_hashes: [], api_key_hashes: [] })
    await strategyConfigurations.in(house.store).insertOne(slow)
    const sentAfter = async (seconds: number) => {
      const signal_received_at = new Date(Date.now() - seconds * 1_000)
      const placed = command(account_id, { is_exit: false, strategy_id: 'Slow', signal_received_at, max_slippage: null })
      await reserved(placed)
      await executing(house.broker())(placed)
      const { status, reason } = await stored(placed.order_id)
      return [status, reason?.replace(/age_s=[\d.]+/, 'age_s=…') ?? null]
    }
    expect(await sentAfter(890)).toEqual(['FILLED', null])
    expect(await sentAfter(901)).toEqual(['EXPIRED', 'EXPIRED: age_s=…, limit_s=900'])
  })

  it('is DENIED with the figures where it has (EXE-6)', async () => {
    const { order_id, sent } = await sentAgain(0.0001)
    expect(sent).toBe(0)
    const { status, reason } = await stored(order_id)
    expect(status).toBe('DENIED')
    expect(reason).toContain('SLIPPAGE_EXCEEDED: quote=100.02, signal_price=100, loss=0.000200, max_slippage=0.000100')
  })
})
