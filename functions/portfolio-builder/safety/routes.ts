import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Flush } from '../../../shared/runtime/outbox.ts'
import { type Route, type Routes, route } from '../../../shared/runtime/route.ts'
import { appendAudit, audited } from '../../../shared/store/audit-log.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { readSettings, setKillSwitch, settings, switchPosition } from '../../../shared/store/settings.ts'
import { auditOf } from '../person.ts'
import { assertConfirmed } from './confirmation.ts'
import { exitAll } from './exit-all.ts'
import { targetFields, targetName, targetOf } from './target.ts'

interface Surroundings {
  store: Store
  flush: Flush
  /** Deployment: staging or production. */
  environment: string
}

const typed = { confirmation: z.string().max(200).optional(), reason: z.string().max(2_000).optional() }
const switchAnswer = z.object({ status: z.literal('success'), kill_switch: settings.schema.shape.kill_switch })

/** SEC-5 and the way out: what stops trading at one stroke. */
export const safetyRoutes = (surroundings: Surroundings): Routes => ({
  'GET /api/v1/kill-switch': route({
    summary: 'Where the kill switch of the fund, its accounts and strategies stands',
    access: ['admin'],
    answer: switchAnswer,
    handle: async () => ({ body: { status: 'success', kill_switch: (await readSettings(surroundings.store)).kill_switch } }),
  }),
  'POST /api/v1/kill-switch': killSwitchRoute(surroundings),
  'PUT /api/v1/kill-switch': killSwitchRoute(surroundings),
  'POST /api/v1/exit-all': exitRoute(surroundings),
})

const killSwitchRoute = ({ store, flush }: Surroundings): Route =>
  route({
    summary: 'Turn the kill switch; `confirmation` is the new state and the target, such as “HALTED fund”',
    access: ['admin'],
    body: z.strictObject({ ...targetFields, ...typed, state: switchPosition }),
    answer: switchAnswer,
    handle: async ({ body: { state, confirmation, reason, ...given }, ...asked }) => {
      const target = await targetOf(store, given)
      assertConfirmed(confirmation, `${state} ${targetName(target)}`)
      await audited(store, async within => {
        const before = await setKillSwitch(store, { scope: target, position: state, at: asked.now }, within)
        const what = `kill switch of ${targetName(target)}`
        return { result: null, line: { ...auditOf(asked, reason), what, before: { state: before }, after: { state } } }
      })
      await flush({ holder: settings, ordering_key: '' })
      return { body: { status: 'success', kill_switch: (await readSettings(store)).kill_switch } }
    },
  })

const exitAnswer = z.object({
  status: z.literal('accepted'),
  request_id: z.string(),
  signals: z.array(z.object({ strategy_id: z.string(), signal_id: z.string(), tickers: z.array(z.string()) })),
  skipped: z.array(z.object({ strategy_id: z.string(), account_id: z.string(), ticker: z.string(), reason: z.string() })),
  /** Exits that a halt holds until it ends. */
  held: z.boolean(),
})

const exitRoute = ({ store, flush, environment }: Surroundings): Route =>
  route({
    summary:
      'Close everything that the fund, an account or a strategy holds; `confirmation` is “EXIT ALL” and the target, such as “EXIT ALL fund”',
    access: ['admin'],
    body: z.strictObject({ ...targetFields, ...typed, request_id: z.uuid().optional() }),
    answer: exitAnswer,
    handle: async ({ body: { confirmation, reason = '', request_id = randomUUID(), ...given }, ...asked }) => {
      const target = await targetOf(store, given)
      assertConfirmed(confirmation, `EXIT ALL ${targetName(target)}`)
      const what = `exit all of ${targetName(target)}`
      // Written down first: what follows can be repeated under the same request_id.
      await appendAudit(store, { ...auditOf(asked, reason), what, before: null, after: { request_id } })
      const answer = await exitAll({ store, flush }, { target, request_id, why: reason || what, environment, at: asked.now })
      const { kill_switch } = await readSettings(store)
      return { status: 202, body: { status: 'accepted', request_id, ...answer, held: kill_switch.fund === 'HALTED' } }
    },
  })
