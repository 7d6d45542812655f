import { sentence } from '../../domain/errors.ts'
import { type Broker, BrokerConnectionError, BrokerError, type OrderResult, type TransferResult } from '../broker.ts'
import { capabilities } from './order-terms.ts'
import { remoteStream } from './remote-stream.ts'
import { fromWire, toWire } from './wire.ts'

/** Methods of the port that are asked over the network. */
export const asked = [
  'placeOrder',
  'modifyOrder',
  'cancelOrder',
  'getOrder',
  'openOrders',
  'executions',
  'balance',
  'positions',
  'margin',
  'quote',
  'whatIf',
  'calendar',
  'accountEvents',
  'dailyCloses',
  'transferCash',
] as const
export type Asked = (typeof asked)[number]

interface RemoteDeps {
  url: string
  /** How long an answer may take. */
  patience_ms?: number
}

/** A paper broker in a process of its own, at an address of the network. */
export function remotePaper({ url, patience_ms = 4_000 }: RemoteDeps): Broker {
  const ask = async <T>(method: Asked, ...values: unknown[]): Promise<T> => {
    const { status, text } = await fetch(`${url}/${method}`, {
      method: 'POST',
      body: toWire(values),
      signal: AbortSignal.timeout(patience_ms),
    })
      .then(async response => ({ status: response.status, text: await response.text() }))
      .catch((error: Error): never => {
        throw new BrokerConnectionError(sentence('NO_ANSWER', { method, message: error.message }), { cause: error })
      })
    if (status === 422) throw new BrokerError(text)
    if (status !== 200) throw new BrokerConnectionError(sentence('NO_ANSWER', { method, status }))
    try {
      return fromWire(text) as T
    } catch (error) {
      throw new BrokerConnectionError(sentence('UNREADABLE', { method }), { cause: error })
    }
  }
  const order = (method: 'placeOrder' | 'modifyOrder' | 'cancelOrder') => (request: object) =>
    ask<OrderResult>(method, request).catch((error: Error): OrderResult => {
      if (error instanceof BrokerError) return { kind: 'rejected', reason: error.message }
      return { kind: 'unknown', reason: error.message }
    })
  const status = () =>
    fetch(`${url}/status`, { signal: AbortSignal.timeout(patience_ms) }).then(
      ({ ok }) => (ok ? ('CONNECTED' as const) : ('DISCONNECTED' as const)),
      () => 'DISCONNECTED' as const,
    )
  return {
    capabilities,
    connect: async () => {
      if ((await status()) !== 'CONNECTED') throw new BrokerConnectionError(sentence('NO_ANSWER', { method: 'connect' }))
    },
    disconnect: async () => undefined,
    status,
    placeOrder: order('placeOrder'),
    modifyOrder: order('modifyOrder'),
    cancelOrder: order('cancelOrder'),
    getOrder: id => ask('getOrder', id),
    openOrders: account_id => ask('openOrders', account_id),
    executions: (account_id, since) => ask('executions', account_id, since),
    balance: account_id => ask('balance', account_id),
    positions: account_id => ask('positions', account_id),
    margin: account_id => ask('margin', account_id),
    quote: instrument => ask('quote', instrument),
    whatIf: request => ask('whatIf', request),
    calendar: (instrument, from, to) => ask('calendar', instrument, from, to),
    accountEvents: (account_id, since) => ask('accountEvents', account_id, since),
    transferCash: request =>
      ask<TransferResult>('transferCash', request).catch(
        (error: Error): TransferResult => ({
          kind: error instanceof BrokerError ? 'rejected' : 'unknown',
          reason: error.message,
        }),
      ),
    stream: (accounts, onReport) => remoteStream(url, accounts, onReport),
    dailyCloses: (instrument, days) => ask('dailyCloses', instrument, days),
  }
}
