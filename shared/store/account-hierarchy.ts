import { z } from 'zod'
import { DomainError } from '../domain/errors.ts'
import { identifier } from '../messages/codecs.ts'
import { bookMode } from '../messages/signal.ts'
import { cached } from './cached.ts'
import { collection, readOrNull, type Store } from './collection.ts'
import { readOne } from './query.ts'

export const account = z.object({
  account_id: identifier,
  account_type: z.enum(['MARGIN', 'CASH', 'FUTURES', 'OPTIONS', 'CRYPTO']),
  currency: z.string(),
  status: z.enum(['ACTIVE', 'TESTING', 'CLOSED']),
  trading_mode: bookMode,
  description: z.string(),
  /** The account that this one of a version in shadow stands for. */
  mirrors: identifier.optional(),
})
export type Account = z.output<typeof account>

const broker = z.object({
  broker_id: identifier,
  broker_name: z.string(),
  adapter: z.enum(['paper', 'ibkr', 'ccxt', 'alpaca', 'zerodha']),
  connection: z.record(z.string(), z.unknown()),
  accounts: z.array(account),
})
export type BrokerPlan = z.output<typeof broker>

export const hierarchy = z.object({ _id: z.string(), fund_name: z.string(), base_currency: z.string(), brokers: z.array(broker) })
export type AccountHierarchy = z.output<typeof hierarchy>

export const accountHierarchy = collection('account_hierarchy', { schema: hierarchy, indexes: [], retention: 'forever' })

const byId = (fund_id: string) => ({ _id: fund_id }) as object

const readCached = cached(store => readOne(store, { in: accountHierarchy, filter: byId(store.fund_id) }))

/** At most a second old. */
export const readHierarchy = (store: Store): Promise<AccountHierarchy | null> => readCached(store, store.fund_id)

/** As it is at this moment. */
export const readHierarchyNow = async (store: Store): Promise<AccountHierarchy | null> =>
  readOrNull(accountHierarchy, await accountHierarchy.in(store).findOne(byId(store.fund_id)))

export async function putHierarchy(store: Store, { _id, ...rest }: AccountHierarchy): Promise<void> {
  await accountHierarchy.in(store).replaceOne(byId(_id), rest, { upsert: true })
}

export interface PlacedAccount {
  account: Account
  broker: BrokerPlan
}

/** Every account of a fund with its broker. */
export const accountsOf = (fund: AccountHierarchy): PlacedAccount[] =>
  fund.brokers.flatMap(home => home.accounts.map(each => ({ account: each, broker: home })))

/** A broker whose one socket only the gateway container may hold: everything about it happens there. */
export const isHeldByGateway = ({ adapter }: { adapter: string }): boolean => adapter === 'ibkr'

/** Which executor takes an account's orders: the one that holds its broker's socket, or the step. */
export const routeOf = (plan: { adapter: string }): 'gateway' | 'direct' => (isHeldByGateway(plan) ? 'gateway' : 'direct')

/** The same by the broker's id; one that the hierarchy no longer knows is nobody's connection to hold. */
export async function routeTo(store: Store, broker_id: string): Promise<'gateway' | 'direct'> {
  const plan = (await readHierarchy(store))?.brokers.find(each => each.broker_id === broker_id)
  return plan ? routeOf(plan) : 'direct'
}

/** A broker of the fund. @throws DomainError where the hierarchy has none of this id */
export async function brokerPlan(store: Store, broker_id: string): Promise<BrokerPlan> {
  const found = (await readHierarchy(store))?.brokers.find(each => each.broker_id === broker_id)
  if (!found) throw new DomainError('UNKNOWN_BROKER', { broker_id })
  return found
}
