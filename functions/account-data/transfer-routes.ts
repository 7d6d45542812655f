import { z } from 'zod'
import type { Publisher } from '../../shared/cloud/publisher.ts'
import { date } from '../../shared/messages/codecs.ts'
import { type Transfer, transfer } from '../../shared/messages/transfer.ts'
import { whoIs } from '../../shared/runtime/access.ts'
import { auditPerson } from '../../shared/runtime/audit.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import { type HttpContext, type Routes, route } from '../../shared/runtime/route.ts'
import type { Store } from '../../shared/store/collection.ts'
import { moveTransfer, transferOf, transferPage } from '../../shared/store/transfers.ts'
import type { Sources } from './sources.ts'

const status = z.literal('success')
const ofTransfer = z.object({ transfer_id: z.string().max(100) })
const reason = z.string().trim().min(1).max(500)
const moved = z.object({ status, transfer })
const MOST = 500

/** Cash movements between accounts: people decide them, carry them out at the broker, and say so here. */
export const transferRoutes = ({ store, publisher }: Sources): Routes => ({
  'GET /api/v1/transfers': route({
    summary: 'Proposed transfers and what became of them, newest first',
    access: ['admin'],
    query: z.object({
      status: transfer.shape.status.optional(),
      limit: z.coerce.number().int().min(1).max(MOST).default(50),
      cursor: date.optional(),
    }),
    answer: z.object({ status, transfers: z.array(transfer), next_cursor: z.string().nullable() }),
    handle: async ({ query: { status: wanted, limit, cursor } }) => {
      const found = await transferPage(store, { status: wanted, before: cursor, limit })
      const last = found.length === limit ? found.at(-1) : undefined
      return { body: { status: 'success', transfers: found, next_cursor: last?.proposed_at ?? null } }
    },
  }),
  'POST /api/v1/transfers/:transfer_id/approve': route({
    summary: 'Approve a transfer: the paper broker then moves the cash and it is RECORDED; elsewhere a person does, and records it',
    access: ['admin'],
    params: ofTransfer,
    body: z.strictObject({ reason }),
    answer: moved,
    handle: async context => {
      const answer = await decide(store, context, { from: ['PROPOSED'], to: 'APPROVED', changes: decidedBy(context) })
      const { from_account, to_account } = answer.body.transfer
      await Promise.all([from_account, to_account].map(account_id => askForSync(publisher, account_id, context.now)))
      return answer
    },
  }),
  'POST /api/v1/transfers/:transfer_id/reject': route({
    summary: 'Reject a transfer, also one that was approved and not carried out',
    access: ['admin'],
    params: ofTransfer,
    body: z.strictObject({ reason }),
    answer: moved,
    handle: context => decide(store, context, { from: ['PROPOSED', 'APPROVED'], to: 'REJECTED', changes: decidedBy(context) }),
  }),
  'POST /api/v1/transfers/:transfer_id/record': route({
    summary: 'Record that the broker has carried out an approved transfer',
    access: ['admin'],
    params: ofTransfer,
    body: z.strictObject({ reason, reference: z.string().trim().min(1).max(200) }),
    answer: moved,
    handle: context => {
      const changes = { recorded_by: whoIs(context.caller), recorded_at: context.now, reference: context.body.reference }
      return decide(store, context, { from: ['APPROVED'], to: 'RECORDED', changes })
    },
  }),
})

/** What reads the accounts is what has the broker carry the transfer out; where this message is lost, the next run does. */
const askForSync = (publisher: Publisher, account_id: string, requested_at: Date): Promise<unknown> =>
  publisher
    .publish({
      topic: 'sync-requests',
      ordering_key: account_id,
      attributes: {},
      data: Buffer.from(JSON.stringify({ account_id, requested_at })),
    })
    .catch(() => undefined)

type Context = HttpContext<{ transfer_id: string }, unknown, { reason: string }>

const decidedBy = ({ caller, now, body }: Context): Partial<Transfer> => ({
  decided_by: whoIs(caller),
  decided_at: now,
  reason: body.reason,
})

interface Step {
  from: Transfer['status'][]
  to: Transfer['status']
  changes: Partial<Transfer>
}

async function decide(store: Store, { params: { transfer_id }, body, caller, address, now }: Context, { from, to, changes }: Step) {
  const before = await transferOf(store, transfer_id)
  if (!before) throw new Problem({ status: 404, code: 'UNKNOWN_TRANSFER', detail: `There is no transfer ${transfer_id}.` })
  const after = { ...before, ...changes, status: to }
  if (!from.includes(before.status) || !(await moveTransfer(store, before, { ...changes, status: to }))) {
    const detail = `${transfer_id} is ${before.status}; only what is ${from.join(' or ')} becomes ${to}.`
    throw new Problem({ status: 409, code: 'TRANSFER_MOVED_ON', detail })
  }
  await auditPerson(store, { caller, address, now, what: `transfer ${transfer_id}: ${to}`, before, after, reason: body.reason })
  return { body: { status: 'success' as const, transfer: after } }
}
