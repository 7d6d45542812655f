import { describe, expect, it } from 'vitest'
import { classOf, errorTable, orderClassOf } from '../../../../../shared/brokers/ibkr/errors.ts'

/** Rows of the documented table of message codes, with what each says. */
const documented: [number, string, ReturnType<typeof classOf>][] = [
  [100, 'Max rate of messages per second has been exceeded', 'pacing'],
  [103, 'Duplicate order ID', 'duplicate-id'],
  [104, "Can't modify a filled order", 'refused'],
  [105, 'Order being modified does not match original order', 'refused'],
  [109, 'Price is out of the range defined by the Percentage setting', 'refused'],
  [110, 'The price does not conform to the minimum price variation', 'refused'],
  [113, 'The Time-in-Force should be MKT or OPG', 'refused'],
  [125, 'Buy price must be the same as the best asking price', 'refused'],
  [135, "Can't find order with ID", 'cancel-refused'],
  [136, 'This order cannot be cancelled', 'cancel-refused'],
  [161, 'Cancel attempted when order is not in a cancellable state', 'cancel-refused'],
  [163, 'The price specified would violate the percentage constraint', 'refused'],
  [200, 'No security definition has been found', 'no-data'],
  [201, 'Order rejected', 'refused'],
  [202, 'Order cancelled', 'canceled'],
  [203, 'The security is not available or allowed for this account', 'refused'],
  [321, 'Server error when validating an API client request', 'refused'],
  [322, 'Server error when processing an API client request', 'failed'],
  [326, 'Unable to connect as the client ID is already in use', 'in-use'],
  [354, 'Not subscribed to requested market data', 'no-data'],
  [382, 'This order violates the restrictions', 'refused'],
  [387, 'Unsupported order type for this exchange and security type', 'refused'],
  [399, 'Order message error', 'warning'],
  [404, 'Shares for this order are not immediately available for short sale', 'warning'],
  [434, 'The order size cannot be zero', 'refused'],
  [435, 'You must specify an account', 'refused'],
  [460, 'No trading permissions', 'refused'],
  [502, "Couldn't connect to TWS", 'failed'],
  [504, 'Not connected', 'failed'],
  [1100, 'Connectivity between IB and TWS has been lost', 'server-lost'],
  [1101, 'Connectivity restored - data lost', 'server-back-empty'],
  [1102, 'Connectivity restored - data maintained', 'server-back'],
  [1300, 'TWS socket port has been reset', 'reset'],
  [2103, 'A market data farm is disconnected', 'warning'],
  [2104, 'Market data farm connection is OK', 'warning'],
  [2106, 'A historical data farm is connected', 'warning'],
  [2109, 'Outside Regular Trading Hours is ignored', 'warning'],
  [2110, 'Connectivity between TWS and server is broken', 'server-lost'],
  [2158, 'Sec-def data farm connection is OK', 'warning'],
  [10089, 'Requested market data requires additional subscription', 'no-data'],
  [10147, 'OrderId to cancel is not found', 'cancel-refused'],
  [10148, 'OrderId can not be cancelled, state', 'cancel-refused'],
  [10167, 'Requested market data is not subscribed: delayed', 'warning'],
  [10168, 'Delayed market data is not enabled', 'no-data'],
  [10197, 'No market data during competing live session', 'no-data'],
  [10289, 'You must set Cash Quantity for this order', 'refused'],
  [10349, 'Order TIF was set to DAY based on order preset', 'warning'],
]

describe('error codes of TWS', () => {
  it.each(documented)('%i (%s) is %s', (code, _words, expected) => {
    expect(classOf(code)).toBe(expected)
  })

  it('gives every code one class only', () => {
    const seen = new Map<number, string>()
    for (const [name, ranges] of Object.entries(errorTable)) {
      for (const range of ranges) {
        const [from, to] = typeof range === 'number' ? [range, range] : range
        for (let code = from; code <= to; code += 1) {
          expect(`${code} ${seen.get(code) ?? name}`).toBe(`${code} ${name}`)
          seen.set(code, name)
        }
      }
    }
    expect(seen.size).toBeGreaterThan(500)
  })

  it('takes no code for a verdict that nobody documents', () => {
    expect(classOf(999_999)).toBeNull()
    expect(orderClassOf(999_999)).toBeNull()
  })

  it('refuses an order whose contract nobody knows', () => {
    expect(orderClassOf(200)).toBe('refused')
  })
})
