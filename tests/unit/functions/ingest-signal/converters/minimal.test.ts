import { describe, expect, it } from 'vitest'
import { plain, read, refused } from './read.ts'

const body = { strategy_name: 'Forex', passphrase: 'open sesame', ticker: 'AMD', action: 'buy' }

describe('the minimal format', () => {
  it('needs a strategy, a ticker and an action', () => {
    const { claim, input, format } = read(body)
    expect(format).toBe('minimal')
    expect(claim).toEqual({ reference: 'Forex', passphrase: 'open sesame' })
    expect(plain(input)).toMatchObject({
      sender_signal_id: null,
      sent_at: null,
      environment: null,
      legs: [{ ticker: 'AMD', action: 'BUY', requested_quantity: null, price: null, order_type: 'MARKET', signal_type: null }],
      position_after: null,
    })
  })

  it('takes what TradersPost’s reference lists', () => {
    const sent = {
      ...body,
      orderType: 'stop_limit',
      limitPrice: 143.5,
      stopPrice: '143',
      quantity: 1,
      signalPrice: 143.12,
      time: '2026-03-02T15:00:00Z',
      takeProfit: { limitPrice: 160 },
      stopLoss: { type: 'stop', stopPrice: 130.5 },
      timeInForce: 'gtc',
    }
    expect(plain(read(sent).input)).toMatchObject({
      sent_at: '2026-03-02T15:00:00.000Z',
      legs: [
        {
          order_type: 'STOP_LIMIT',
          limit_price: '143.5',
          stop_price: '143',
          requested_quantity: '1',
          price: '143.12',
          take_profit: '160',
          stop_loss: '130.5',
          time_in_force: 'GTC',
        },
      ],
    })
  })

  it('takes a flat sentiment as an exit that leaves nothing', () => {
    expect(plain(read({ ...body, action: 'sell', sentiment: 'flat' }).input)).toMatchObject({
      legs: [{ action: 'SELL', signal_type: 'EXIT' }],
      position_after: '0',
    })
  })

  it.each(['bullish', 'bearish', 'long', 'SHORT', ''])('leaves the kind of order open with the sentiment %j', sentiment => {
    expect(plain(read({ ...body, sentiment }).input)).toMatchObject({ legs: [{ signal_type: null }], position_after: null })
  })

  it.each([
    [{ action: 'exit' }, 'action'],
    [{ sentiment: 'sideways' }, 'sentiment'],
    [{ quantity: 0 }, 'quantity'],
    [{ qty: '-1' }, 'qty'],
    // a distance instead of a price is nothing that can be placed
    [{ stopLoss: { type: 'stop', percent: 5 } }, 'stopLoss'],
  ])('%j is told by the name that it was sent under', (changes, path) => {
    expect(refused({ ...body, ...changes })).toBe(`422 INVALID_SIGNAL ${path}`)
  })
})
