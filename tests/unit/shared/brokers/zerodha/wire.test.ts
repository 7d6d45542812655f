import { expect, it } from 'vitest'
import { kiteHoldings, kiteOrders, kitePositions, parseExactly } from '../../../../../shared/brokers/zerodha/wire.ts'

// Kite leaves fields out that an order, a holding or a position has no use for, as its documents show.

it('an order without validity in minutes, tags or a moment at the exchange is read', () => {
  const text = `[{"order_id": "100000000000000", "status": "CANCELLED", "status_message": null, "order_timestamp": "2021-05-31 09:18:57",
    "exchange_update_timestamp": null, "exchange": "CDS", "tradingsymbol": "USDINR21JUNFUT", "transaction_type": "BUY",
    "order_type": "LIMIT", "quantity": 1, "price": 72.0050, "tag": null}]`
  const [order] = kiteOrders.parse(parseExactly(text))
  expect(order).toMatchObject({ variety: 'regular', validity: 'DAY', tag: null, tags: [], exchange_update_timestamp: null })
  expect([order?.price, order?.filled_quantity, order?.validity_ttl].map(String)).toEqual(['72.005', '0', '0'])
  expect(order?.order_timestamp?.toISOString()).toBe('2021-05-31T03:48:57.000Z')
})

it('a holding in short, and a position without a multiplier, are read', () => {
  const [holding] = kiteHoldings.parse(parseExactly('[{"exchange": "NSE", "tradingsymbol": "SBIN", "t1_quantity": 0, "quantity": 32}]'))
  expect([holding?.quantity, holding?.used_quantity, holding?.average_price].map(String)).toEqual(['32', '0', '0'])
  const { net } = kitePositions.parse(parseExactly('{"net": [{"exchange": "NSE", "tradingsymbol": "SBIN", "quantity": -3}], "day": []}'))
  expect([net[0]?.quantity, net[0]?.multiplier].map(String)).toEqual(['-3', '1'])
})
