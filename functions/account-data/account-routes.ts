import { z } from 'zod'
import { accountState } from '../../shared/messages/account.ts'
import { date, identifier } from '../../shared/messages/codecs.ts'
import { auditPerson } from '../../shared/runtime/audit.ts'
import { answerVersioned } from '../../shared/runtime/etag.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import { type Routes, route } from '../../shared/runtime/route.ts'
import { currentState, stateAt, stateHistory } from '../../shared/store/accounts.ts'
import { placedAccount, type Sources } from './sources.ts'

const ofAccount = z.object({ account_id: identifier })
const status = z.literal('success')
const MOST = 500

/** Accounts as their brokers told of them last, and before. */
export const accountRoutes = ({ store, publisher }: Sources): Routes => ({
  'GET /api/v1/account/:account_id/state': route({
    summary: 'An account’s state: the newest, or the one that held at a moment',
    access: ['admin'],
    params: ofAccount,
    query: z.object({ at: date.optional() }),
    answer: z.object({ status, account_state: accountState }),
    handle: async ({ params: { account_id }, query: { at }, headers }) => {
      await placedAccount(store, account_id)
      const account_state = at ? await stateAt(store, account_id, at) : await currentState(store, account_id)
      if (!account_state) {
        const when = at ? `at ${at.toISOString()}` : 'yet'
        throw new Problem({ status: 404, code: 'NO_ACCOUNT_STATE', detail: `${account_id} had not been read from its broker ${when}.` })
      }
      return answerVersioned({ status: 'success', account_state }, headers)
    },
  }),
  'GET /api/v1/account/:account_id/history': route({
    summary: 'An account’s states, newest first',
    access: ['admin'],
    params: ofAccount,
    query: z.object({
      from: date.optional(),
      to: date.optional(),
      limit: z.coerce.number().int().min(1).max(MOST).default(50),
      cursor: date.optional(),
    }),
    answer: z.object({ status, account_id: identifier, account_states: z.array(accountState), next_cursor: z.string().nullable() }),
    handle: async ({ params: { account_id }, query: { from, to, limit, cursor } }) => {
      await placedAccount(store, account_id)
      const account_states = await stateHistory(store, { account_id, from, to, before: cursor, limit })
      const last = account_states.length === limit ? account_states.at(-1) : undefined
      return { body: { status: 'success', account_id, account_states, next_cursor: last?.timestamp ?? null } }
    },
  }),
  'POST /api/v1/accounts/:account_id/sync': route({
    summary: 'Read an account at its broker now',
    access: ['admin'],
    params: ofAccount,
    answer: z.object({ status, account_id: identifier, message: z.string() }),
    handle: async ({ params: { account_id }, caller, address, now }) => {
      await placedAccount(store, account_id)
      await auditPerson(store, { caller, address, now, what: `account ${account_id}: sync`, reason: 'asked for' })
      const data = Buffer.from(JSON.stringify({ account_id, requested_at: now }))
      await publisher.publish({ topic: 'sync-requests', ordering_key: account_id, attributes: {}, data })
      return { body: { status: 'success', account_id, message: `${account_id} is being read at its broker.` } }
    },
  }),
})
