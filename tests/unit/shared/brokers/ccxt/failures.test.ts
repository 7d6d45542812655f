import { describe, expect, it } from 'vitest'
import { BrokerConnectionError, BrokerError } from '../../../../../shared/brokers/broker.ts'
import { plainText, questionFailed, verdictOf } from '../../../../../shared/brokers/ccxt/failures.ts'

/** An error as ccxt throws it: it names itself. */
const thrown = (name: string, message: string): Error => Object.assign(new Error(message), { name })

describe('what an error says of a request', () => {
  it.each([
    ['InsufficientFunds', 'binance Account has insufficient balance for requested action.', 'rejected'],
    ['InvalidOrder', 'binance {"code":-2010,"msg":"Market is closed."}', 'rejected'],
    ['InvalidNonce', 'binance {"code":-1021,"msg":"Timestamp for this request was 1000ms ahead of the server\'s time."}', 'clock'],
    ['OrderNotFound', 'binance {"code":-2013,"msg":"Order does not exist."}', 'missing'],
    ['OrderNotFound', 'binance {"code":-2011,"msg":"Unknown order sent."}', 'missing'],
    ['RequestTimeout', 'binance POST https://api.binance.com/api/v3/order request timed out (8000 ms)', 'unknown'],
    ['RequestTimeout', 'binance {"code":-1007,"msg":"Timeout waiting for response from backend server."}', 'unknown'],
    ['OperationFailed', 'binance {"code":-1006,"msg":"An unexpected response was received from the message bus."}', 'unknown'],
    ['DDoSProtection', 'binance 429 Too Many Requests {"code":-1003,"msg":"Too many requests."}', 'unknown'],
    ['DDoSProtection', 'binance 418 I\'m a teapot {"code":-1003,"msg":"Way too much request weight used; IP banned."}', 'unknown'],
    ['DDoSProtection', 'binance 429 {"code":-1015,"msg":"Too many new orders."}', 'unknown'],
    ['ExchangeNotAvailable', 'binance POST https://api.binance.com/api/v3/order 502 Bad Gateway', 'unknown'],
    ['NetworkError', 'binance POST https://api.binance.com/api/v3/order fetch failed: read ECONNRESET', 'unknown'],
    ['OperationFailed', 'binanceusdm {"code":-2020,"msg":"Unable to fill."}', 'rejected'],
    ['AuthenticationError', 'binance {"code":-2014,"msg":"API-key format invalid."}', 'rejected'],
    ['BadSymbol', 'kraken {"error":["EQuery:Unknown asset pair"]}', 'rejected'],
    ['TypeError', "Cannot read properties of undefined (reading 'orderId')", 'unknown'],
    ['SomethingNew', 'whatever', 'unknown'],
  ])('%s: %s', (name, message, verdict) => {
    expect(verdictOf(thrown(name, message))).toBe(verdict)
  })

  it('never tells what a request was signed with', () => {
    const text = plainText(thrown('RequestTimeout', 'binance GET https://api.binance.com/api/v3/order?symbol=B&signature=abc123 timed out'))
    expect(text).toBe('binance GET https://api.binance.com/api/v3/order timed out')
    expect(plainText(new Error('{"listenKey": "pqia91", "apiKey":"k1"}'))).not.toMatch(/pqia91|k1/)
  })

  it('makes of a question’s failure one of the port’s two errors', () => {
    expect(questionFailed(thrown('NetworkError', 'reset'), 'getOrder')).toBeInstanceOf(BrokerConnectionError)
    expect(questionFailed(thrown('BadSymbol', 'no'), 'getOrder')).toBeInstanceOf(BrokerError)
    expect(questionFailed('a text', 'getOrder')).toBeInstanceOf(BrokerConnectionError)
  })
})
