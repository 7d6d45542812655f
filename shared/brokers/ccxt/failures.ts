import { ZodError } from 'zod'
import { sentence } from '../../domain/errors.ts'
import { BrokerConnectionError, BrokerError } from '../broker.ts'

/**
 * What an error says of a request. `rejected`: the exchange answered that it refuses. `clock`: it refused the request's time stamp, before it
 * looked at anything else. `missing`: it has no such order. Everything else is `unknown`: it may have done what was asked.
 */
export type Verdict = 'rejected' | 'unknown' | 'clock' | 'missing'

/** The exchange's own codes that ccxt gives a class which says too much or too little. */
const byCode: Record<string, Verdict> = {
  '-1000': 'unknown', // an unknown error occurred
  '-1001': 'unknown', // internal error, unable to process
  '-1003': 'unknown', // too many requests: refused, and to be asked again later
  '-1004': 'unknown', // server busy
  '-1006': 'unknown', // unexpected response, execution status unknown
  '-1007': 'unknown', // timeout, execution status unknown
  '-1008': 'unknown', // overloaded
  '-1016': 'unknown', // shutting down
  '-1021': 'clock',
  '-1022': 'rejected', // signature
  '-2011': 'missing', // cancel of an unknown order
  '-2013': 'missing',
  '-4112': 'missing',
}

/** ccxt's classes of errors, by the names that they give themselves. What is not here is unknown, as every error of the network is. */
const byClass: Record<string, Verdict> = {
  InvalidNonce: 'clock',
  OrderNotFound: 'missing',
  OrderNotCached: 'missing',
  ...Object.fromEntries(
    [
      'ExchangeError',
      'AuthenticationError',
      'PermissionDenied',
      'AccountNotEnabled',
      'AccountSuspended',
      'ArgumentsRequired',
      'BadRequest',
      'BadSymbol',
      'OperationRejected',
      'NoChange',
      'MarginModeAlreadySet',
      'MarketClosed',
      'ManualInteractionNeeded',
      'RestrictedLocation',
      'InsufficientFunds',
      'InvalidAddress',
      'AddressPending',
      'InvalidOrder',
      'OrderImmediatelyFillable',
      'OrderNotFillable',
      'DuplicateOrderId',
      'ContractUnavailable',
      'NotSupported',
    ].map(name => [name, 'rejected' as const]),
  ),
}

const codeOf = (error: unknown): string | null =>
  error instanceof Error ? (/"code"\s*:\s*"?(-?\d+)/.exec(error.message)?.[1] ?? null) : null

export const isOverload = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'DDoSProtection' || error.name === 'RateLimitExceeded')

/** Binance's codes for what is wrong with a request or an order. What is above tells of its servers. */
const isRefusal = (code: number): boolean => (code <= -1099 && code > -1200) || (code <= -2000 && code > -9000)

export function verdictOf(error: unknown): Verdict {
  // What the exchange says of its load comes before any code in the answer.
  if (!(error instanceof Error) || isOverload(error)) return 'unknown'
  if (/order( list)? does not exist/i.test(error.message)) return 'missing'
  const code = codeOf(error)
  const known = byCode[code ?? ''] ?? (code !== null && isRefusal(Number(code)) ? 'rejected' : undefined)
  return known ?? (Object.hasOwn(byClass, error.name) ? byClass[error.name] : undefined) ?? 'unknown'
}

/** What an error says, without what a request was signed with. */
export const plainText = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  return text
    .replaceAll(/\?\S*/g, '')
    .replaceAll(/(signature|apiKey|api_key|secret|listenKey|timestamp)["'=:\s]+[^\s&"',}]+/gi, '$1=…')
    .slice(0, 400)
}

/** The error of a question: the port's own, without the library's objects. */
export function questionFailed(error: unknown, method: string): Error {
  if (error instanceof BrokerError || error instanceof BrokerConnectionError) return error
  if (error instanceof ZodError) return new BrokerConnectionError(sentence('UNREADABLE', { method, message: error.issues[0]?.message }))
  const figures = { method, message: plainText(error) }
  return verdictOf(error) === 'unknown' || verdictOf(error) === 'clock'
    ? new BrokerConnectionError(sentence('NO_ANSWER', figures))
    : new BrokerError(sentence('BROKER_ERROR', figures))
}
