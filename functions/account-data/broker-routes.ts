import { z } from 'zod'
import { publicFundState } from '../../shared/messages/account.ts'
import { date, decimal, identifier } from '../../shared/messages/codecs.ts'
import { answerVersioned } from '../../shared/runtime/etag.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import { type Routes, route } from '../../shared/runtime/route.ts'
import { account, accountsOf, type BrokerPlan } from '../../shared/store/account-hierarchy.ts'
import { syncsOf } from '../../shared/store/account-syncs.ts'
import { currentStates, fundStateOf } from '../../shared/store/accounts.ts'
import { type BrokerStanding, brokerStatusQuery } from '../../shared/store/broker-status.ts'
import type { Store } from '../../shared/store/collection.ts'
import { readAll } from '../../shared/store/query.ts'
import { loginStanding } from './daily-login.ts'
import { brokerOf, hierarchyOf, type Sources } from './sources.ts'

const status = z.literal('success')
const brokerStatus = z.enum(['CONNECTED', 'DISCONNECTED', 'NEEDS_LOGIN'])

const brokerLine = z.object({
  broker_id: identifier,
  broker_name: z.string(),
  num_accounts: z.number(),
  status: brokerStatus,
  /** Where a person logs in; this and what follows only at brokers that want it every day. */
  login_url: z.string().nullable().optional(),
  /** When the login of now ends, and in how many seconds. */
  expires_at: date.nullable().optional(),
  expires_in_s: z.number().nullable().optional(),
  /** Accounts without a login. */
  needs_login: z.array(identifier).optional(),
})

const accountLine = account.extend({
  /** Of the newest state; null before the first. */
  equity: decimal.nullable(),
  timestamp: date.nullable(),
  stale: z.boolean(),
})

/** The fund over all its accounts, and its brokers. */
export const brokerRoutes = ({ store, secrets }: Sources): Routes => ({
  'GET /api/v1/fund/state': route({
    summary: 'The fund’s totals over its live accounts, or over its paper accounts where it has no other',
    access: ['admin'],
    answer: z.object({ status, fund_state: publicFundState }),
    handle: async ({ headers }) => {
      const live = accountsOf(await hierarchyOf(store)).some(
        each => each.account.trading_mode === 'LIVE' && each.account.status !== 'CLOSED',
      )
      const state = await fundStateOf(store, live ? 'LIVE' : 'PAPER')
      if (state?.refused)
        throw new Problem({ status: 503, code: 'FX_UNAVAILABLE', detail: `${state.refused}. Totals are not guessed; load the rate.` })
      if (!state) throw new Problem({ status: 404, code: 'NO_FUND_STATE', detail: 'No account was read from its broker yet.' })
      const { outbox: _, refused: __, ...fund_state } = state
      return answerVersioned({ status: 'success', fund_state }, headers)
    },
  }),
  'GET /api/v1/brokers': route({
    summary: 'The fund’s brokers and how their connections stand',
    access: ['admin'],
    answer: z.object({ status, fund_name: z.string(), brokers: z.array(brokerLine) }),
    handle: async ({ headers, now }) => {
      const [fund, standings] = await Promise.all([hierarchyOf(store), readAll(store, brokerStatusQuery())])
      const logins = await Promise.all(fund.brokers.map(broker => loginStanding(broker, { secrets, now })))
      const brokers = fund.brokers.map((broker, index) => ({
        broker_id: broker.broker_id,
        broker_name: broker.broker_name,
        num_accounts: broker.accounts.length,
        status: logins[index]?.needs_login.length ? ('NEEDS_LOGIN' as const) : statusOf(broker, standings, now),
        ...logins[index],
      }))
      return answerVersioned({ status: 'success', fund_name: fund.fund_name, brokers }, headers)
    },
  }),
  'GET /api/v1/brokers/:broker_id/accounts': route({
    summary: 'A broker’s accounts',
    access: ['admin'],
    params: z.object({ broker_id: identifier }),
    answer: z.object({ status, broker_id: identifier, accounts: z.array(accountLine) }),
    handle: async ({ params: { broker_id }, headers }) => {
      const broker = await brokerOf(store, broker_id)
      return answerVersioned({ status: 'success', broker_id, accounts: await accountLines(store, broker) }, headers)
    },
  }),
})

/** Whoever talks to brokers looks this often at least; what is older tells nothing of now. */
const CURRENT_MS = 6 * 60_000

/** As whoever talked to it last found it; one that nobody talks to is not connected. */
function statusOf({ broker_id }: BrokerPlan, standings: readonly BrokerStanding[], now: Date): z.output<typeof brokerStatus> {
  const own = standings.find(standing => standing.broker_id === broker_id)
  return own && now.getTime() - own.as_of.getTime() < CURRENT_MS ? own.status : 'DISCONNECTED'
}

async function accountLines(store: Store, { accounts }: BrokerPlan) {
  const ids = accounts.map(({ account_id }) => account_id)
  const [states, syncs] = await Promise.all([currentStates(store, ids), syncsOf(store, ids)])
  return accounts.map(each => {
    const state = states.find(({ account_id }) => account_id === each.account_id)
    const sync = syncs.find(({ account_id }) => account_id === each.account_id)
    return { ...each, equity: state?.equity ?? null, timestamp: state?.timestamp ?? null, stale: !state || sync?.stale_since != null }
  })
}
