import { describe, expect, it } from 'vitest'
import { decisionDocument } from '../../../../functions/cerebro/decision-document.ts'
import { decide } from '../../../../shared/domain/decision/decide.ts'
import type { DecisionState } from '../../../../shared/domain/decision/state.ts'
import type { Instrument } from '../../../../shared/domain/instrument.ts'
import { alert } from '../../../../shared/messages/alert.ts'
import { orderCommand } from '../../../../shared/messages/order.ts'
import type { Leg } from '../../../../shared/messages/signal.ts'
import { crypto, future, held, money, now, stateOf, stock, working } from '../../shared/domain/decision/state-of.ts'

const legOf = (of: Instrument, action: 'BUY' | 'SELL', changes: Partial<Leg> = {}): Leg => ({
  instrument_id: of.instrument_id,
  instrument: {
    symbol: of.symbol,
    asset_class: of.asset_class,
    exchange: null,
    currency: of.currency,
    expiry: null,
    strike: null,
    right: null,
    multiplier: of.multiplier,
  },
  quote_at_receipt: null,
  signal_type: null,
  action,
  requested_quantity: null,
  order_type: 'MARKET',
  price: null,
  limit_price: null,
  stop_price: null,
  stop_loss: null,
  take_profit: null,
  trail_pct: null,
  time_in_force: 'DAY',
  expires_at: null,
  ...changes,
})

const documentOf = (
  legs: Leg[],
  state: Partial<DecisionState> = {},
  adapter: 'paper' | 'ibkr' = 'paper',
  position_after: number | null = null,
) => {
  const signal = {
    signal_id: 'S1_20260302_150000_001',
    strategy_id: 'S1',
    sender_signal_id: null,
    environment: 'staging',
    source: 'house',
    sent_at: now,
    received_at: now,
    latency_ms: 0,
    legs,
    position_after: position_after === null ? null : money(position_after),
  }
  const whole = stateOf(state)
  const placed = {
    account: {
      account_id: 'A1',
      account_type: 'MARGIN' as const,
      currency: 'USD',
      status: 'ACTIVE' as const,
      trading_mode: 'LIVE' as const,
      description: '',
    },
    broker: { broker_id: 'PAPER', broker_name: 'Paper', adapter, connection: {}, accounts: [] },
  }
  const loaded = {
    state: whole,
    mode: 'LIVE' as const,
    decision: null,
    positions: [],
    placed,
    reconciling: false,
    client_ids: { client_order_id_length: 36, client_order_id_symbols: true },
  }
  return decisionDocument({ signal, loaded, legs: decide({ signal, state: whole, now }), taken: [], cerebro_version: 'v1', now })
}

describe('a decision as it is stored', () => {
  it('shows an approved entry with its order, reservation and message', () => {
    const document = documentOf([legOf(stock, 'BUY', { limit_price: money(101) })])
    expect(document).toMatchObject({
      signal_id: 'S1_20260302_150000_001',
      cerebro_version: 'v1',
      ticker: 'AAPL',
      action: 'BUY',
      decision: 'APPROVED',
      approved: true,
      reason_code: null,
      account_id: 'A1',
      allocation_id: 'alloc-1',
      allocation_pct: money(10),
      wanted_quantity: money(1000),
      position_size: money(1000),
      position_size_usd: money(100_000),
      margin_impact: money(25_000),
      route: 'direct',
      waiting_for: [],
      round: 0,
    })
    expect(document.reservations).toMatchObject([
      {
        order_id: 'S1_20260302_150000_001_ORD',
        state: 'live',
        amount: money(25_000),
        equity: money(500_000),
        equity_fund: money(1_000_000),
      },
    ])
    const [message] = document.outbox ?? []
    expect(message).toMatchObject({ topic: 'trading-orders', ordering_key: 'A1:AAPL', attributes: { route: 'direct' } })
    expect(orderCommand.parse(JSON.parse(message?.data ?? ''))).toMatchObject({
      command: 'PLACE',
      order_id: 'S1_20260302_150000_001_ORD',
      account_id: 'A1',
      quantity: money(1000),
      limit_price: money(101),
      is_exit: false,
    })
  })

  it('sends the orders of an IBKR account to the gateway', () => {
    const document = documentOf([legOf(stock, 'BUY')], {}, 'ibkr')
    expect([document.route, document.outbox?.[0]?.attributes.route]).toEqual(['gateway', 'gateway'])
  })

  it('shows a denied entry with nothing taken', () => {
    const document = documentOf([legOf(future, 'BUY')])
    expect(document).toMatchObject({
      decision: 'DENIED',
      approved: false,
      reason_code: 'BELOW_MIN_SIZE',
      orders: [],
      reservations: [],
      outbox: [],
    })
    expect(document.position_size_usd.toString()).toBe('0')
  })

  it('shows several denied legs with nothing taken', () => {
    const document = documentOf([legOf(stock, 'BUY'), legOf(future, 'BUY')])
    expect([document.decision, document.position_size_usd.toString(), document.margin_impact.toString()]).toEqual(['DENIED', '0', '0'])
    expect(document.legs.map(({ ticker, decision }) => `${ticker} ${decision}`)).toEqual(['AAPL DENIED', 'ESH26 DENIED'])
  })

  it('makes every exit a MARKET order, and cancels working entries before', () => {
    const state = { positions: [held(stock, 40)], working: [working(stock, 'BUY', 60, 100)] }
    const document = documentOf([legOf(stock, 'SELL', { order_type: 'LIMIT', limit_price: money(99) })], state)
    expect(
      document.orders.map(({ command, order_type, is_exit, target_order_id }) => [command, order_type, is_exit, target_order_id]),
    ).toEqual([
      ['CANCEL', 'MARKET', true, 'E1_ORD'],
      ['PLACE', 'MARKET', true, null],
    ])
    expect(document.waiting_for).toEqual(['E1_ORD'])
  })

  it('is APPROVED where any leg is, and its own figures are those of the first', () => {
    const document = documentOf([legOf(crypto, 'BUY'), legOf(future, 'BUY'), legOf(stock, 'SELL')], { positions: [held(stock, 10)] })
    expect(document).toMatchObject({ decision: 'APPROVED', ticker: 'BTC', reason_code: 'BELOW_MIN_SIZE' })
    expect(document.legs.map(({ decision }) => decision)).toEqual(['DENIED', 'DENIED', 'APPROVED'])
  })

  it('is HELD where its exit waits for a halt to end', () => {
    const halted = { positions: [held(stock, 10)], kill_switch: { fund: 'HALTED', account: 'ACTIVE', strategy: 'ACTIVE' } as const }
    expect(documentOf([legOf(stock, 'SELL')], halted)).toMatchObject({
      decision: 'HELD',
      reason_code: 'KILL_SWITCH',
      orders: [],
      outbox: [{ topic: 'alerts', attributes: { severity: 'CRITICAL' } }],
    })
  })

  it('says so, and tells people, where the sender stands elsewhere than we do', () => {
    // they go from 5 to 10; we hold nothing
    const document = documentOf([legOf(stock, 'BUY', { requested_quantity: money(5) })], {}, 'paper', 10)
    expect(document.calculation[0]).toMatchObject({ step: 'position_after', result: 'differs' })
    const alerts = (document.outbox ?? []).filter(({ topic }) => topic === 'alerts')
    expect(alerts.map(({ data }) => alert.parse(JSON.parse(data)))).toMatchObject([
      { severity: 'WARNING', key: 'position-differs:S1:AAPL', signal_id: 'S1_20260302_150000_001' },
    ])
    expect(documentOf([legOf(stock, 'BUY', { requested_quantity: money(5) })], {}, 'paper', 5).outbox).toHaveLength(1)
  })
})
