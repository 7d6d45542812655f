import { z } from 'zod'
import { amount, decimal } from '../../../shared/messages/codecs.ts'
import { Problem } from '../../../shared/runtime/problem.ts'
import { audited } from '../../../shared/store/audit-log.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { changeSettings, readSettings, type Settings, settings } from '../../../shared/store/settings.ts'
import { type Asked, auditOf } from '../person.ts'

const { fund_id: _fund, kill_switch: _switch, version: _version, outbox: _outbox, optimization, ...plain } = settings.schema.shape

/** Without its default, so that what is not given stays what it is. */
const given = (schema: z.ZodType): z.ZodType => {
  const inner = schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema
  return ((inner as unknown) === decimal ? amount : inner).optional()
}

/** Every setting but the kill switch, which has an address of its own; a new one in the store is here by itself. */
export const settingsUpdate = z.strictObject({
  ...Object.fromEntries(Object.entries(plain).map(([name, schema]) => [name, given(schema)])),
  optimization: optimization.unwrap().partial().optional(),
  fund_id: z.string().optional(),
  kill_switch: z.unknown().optional(),
  /** The version that was read. */
  version: z.number().int(),
  reason: z.string().max(2_000).optional(),
})

/** Margin is the one limit that nobody may raise (CER-4). */
const HIGHEST_MARGIN_PCT = 40

function assertSound({ margin_limit_pct, test_allocation_pct }: Settings): void {
  const errors = [
    ...(margin_limit_pct.gt(HIGHEST_MARGIN_PCT) || margin_limit_pct.lte(0)
      ? [{ path: 'margin_limit_pct', message: `must be over 0 and at most ${HIGHEST_MARGIN_PCT}` }]
      : []),
    ...(test_allocation_pct.lt(0) || test_allocation_pct.gt(100) ? [{ path: 'test_allocation_pct', message: 'must be 0 to 100' }] : []),
  ]
  if (errors.length > 0)
    throw new Problem({ status: 422, code: 'INVALID_INPUT', detail: 'A setting is out of its range; see errors.', errors })
}

/** Changes what is given of the settings and writes down who did. @throws Problem 409 with both versions where somebody was first */
export async function updateSettings(store: Store, body: z.output<typeof settingsUpdate>, asked: Asked): Promise<Settings> {
  const { version, reason, fund_id: _id, kill_switch: _killSwitch, optimization: wanted, ...changes } = body
  return audited(store, async within => {
    const before = await readSettings(store)
    if (before.version !== version) throw stale(version, before.version)
    const all = { ...changes, ...(wanted && { optimization: { ...before.optimization, ...defined(wanted) } }) }
    assertSound(settings.read({ ...before, ...defined(all) }))
    const after = await changeSettings(store, { version, changes: defined(all) }, within)
    if (!after) throw stale(version, (await readSettings(store)).version)
    return {
      result: after,
      line: {
        ...auditOf(asked, reason),
        what: 'settings changed',
        before: { ...before, outbox: undefined },
        after: { ...after, outbox: undefined },
      },
    }
  })
}

const defined = (values: Record<string, unknown>) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

const stale = (yours: number, current: number) =>
  new Problem({
    status: 409,
    code: 'VERSION_CONFLICT',
    detail: `The settings were changed meanwhile: you sent version ${yours}, they have version ${current}. Read them again and repeat the change.`,
    figures: { your_version: yours, current_version: current },
  })
