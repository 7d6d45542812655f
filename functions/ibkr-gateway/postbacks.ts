import { z } from 'zod'
import type { App } from '../../shared/brokers/zerodha/connection.ts'
import { type AccountPlace, readApp, readConnection } from '../../shared/brokers/zerodha/connection.ts'
import { type Postback, readPostback } from '../../shared/brokers/zerodha/postback.ts'
import type { Secrets } from '../../shared/cloud/cached-secrets.ts'
import { identifier } from '../../shared/messages/codecs.ts'
import { logOf } from '../../shared/runtime/log.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import { type Routes, route } from '../../shared/runtime/route.ts'
import { accountsOf, type BrokerPlan, readHierarchy } from '../../shared/store/account-hierarchy.ts'
import { openMemory } from '../supervise-orders/memory.ts'
import type { Look, Supervision } from '../supervise-orders/supervision.ts'
import { reportTaker } from './take-reports.ts'

interface Receiving extends Supervision, Pick<Look, 'flush'> {
  secrets: Secrets
}

/** Nobody learns whether the broker, the account or the proof was wrong. */
const unproven = () => new Problem({ status: 401, code: 'BAD_CREDENTIALS', detail: 'This is no postback of a broker of this fund.' })

/** Kite's word, over HTTP, that an order has changed: the order is asked for and booked as the ticker's word is (rule 8). */
export const postbackRoutes = (receiving: Receiving): Routes => ({
  'POST /api/v1/brokers/:broker_id/postback': route({
    summary: 'What Zerodha posts when an order changes, proven by its checksum',
    access: 'sender-credential',
    params: z.object({ broker_id: identifier }),
    answer: z.object({ status: z.literal('success') }),
    handle: async ({ params: { broker_id }, rawBody }) => {
      const plan = (await readHierarchy(receiving.store))?.brokers.find(each => each.broker_id === broker_id && each.adapter === 'zerodha')
      const proven = plan && (await provenBy(plan, receiving.secrets, rawBody.toString()))
      if (!proven) throw unproven()
      await take(receiving, plan, proven)
      return { body: { status: 'success' } }
    },
  }),
})

interface Proven {
  place: AccountPlace
  postback: Postback
}

/** The postback and its account, where one of the broker's apps has signed it. */
async function provenBy(plan: BrokerPlan, secrets: Secrets, text: string): Promise<Proven | null> {
  const places = [...readConnection(plan).accounts.values()]
  for (const place of places) {
    const app = await appOf(place, secrets)
    const postback = app && readPostback(text, app)
    const own = postback && (places.length === 1 || place.user_id === null || place.user_id === postback.user_id)
    if (own) return { place, postback }
  }
  return null
}

const appOf = (place: AccountPlace, secrets: Secrets): Promise<App | null> =>
  readApp({ secret: async name => (await secrets.read(name)) ?? '' }, place).catch(() => null)

async function take({ store, brokers, flush }: Receiving, plan: BrokerPlan, { place, postback }: Proven): Promise<void> {
  const { account_id } = place
  const { order_id, tag } = postback
  const placed = accountsOf({ _id: '', fund_name: '', base_currency: '', brokers: [plan] }).find(
    each => each.account.account_id === account_id,
  )
  const order = await (await brokers(plan.broker_id)).getOrder({ account_id, client_order_id: tag ?? order_id, broker_order_id: order_id })
  if (!placed || !order) return
  const look: Look = { ...placed, store, brokers, flush, log: logOf('ibkr-gateway', {}), memory: openMemory(), told: new Set() }
  reportTaker(look)({ kind: 'order', order })
}
