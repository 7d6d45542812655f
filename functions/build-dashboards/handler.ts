import { setTimeout as delay } from 'node:timers/promises'
import type { AccountUpdate } from '../../shared/messages/account.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import { errorText } from '../../shared/runtime/log.ts'
import { accountsOf, readHierarchy } from '../../shared/store/account-hierarchy.ts'
import { putSnapshot } from '../../shared/store/dashboards.ts'
import { activeAllocation } from '../../shared/store/portfolio-allocations.ts'
import { allStrategies } from '../../shared/store/strategy-configurations.ts'
import type { Builder } from './builder.ts'
import { buildClientSnapshot } from './client-snapshot.ts'
import { buildSenderSnapshot } from './sender-snapshot.ts'

/** Account updates that come faster than this are answered by one build. */
const MIN_INTERVAL_MS = 500

/** Everything that screens show; a strategy that fails never stops the others'. */
export const buildAll =
  (builder: Builder) =>
  async (_run: unknown, { log }: StepContext): Promise<Outcome> => {
    const client = await buildClient(builder)
    const [strategies, allocation] = await Promise.all([allStrategies(builder.store), activeAllocation(builder.store)])
    const at = now()
    const results = await Promise.allSettled(
      strategies.map(async strategy => {
        const content = await buildSenderSnapshot(builder, { strategy, allocation, at })
        await putSnapshot(builder.store, { dashboard_type: 'signal_sender', subject: strategy.strategy_id }, content)
      }),
    )
    const failed = strategies.filter((_, index) => results[index]?.status === 'rejected').map(({ strategy_id }) => strategy_id)
    for (const result of results)
      if (result.status === 'rejected') log.error('sender dashboard failed', { error: errorText(result.reason) })
    return { message: 'dashboards built', fields: { client, strategies: strategies.length, failed } }
  }

/** The client snapshot after an account was read. Updates that come while one is built, or too soon after it, share the next. */
export function buildAfter(builder: Builder): (update: AccountUpdate) => Promise<Outcome> {
  let begunAt = Number.NEGATIVE_INFINITY
  let current: Promise<boolean> = Promise.resolve(false)
  let next: Promise<boolean> | null = null
  const buildNext = async () => {
    await current.catch(() => false)
    await delay(Math.max(0, begunAt + MIN_INTERVAL_MS - performance.now()))
    begunAt = performance.now()
    next = null
    current = buildClient(builder)
    return current
  }
  return async ({ account_id, cause }) => {
    next ??= buildNext()
    await next
    return { message: 'client dashboard built', fields: { account_id, cause } }
  }
}

/** False before any account was read: there is nothing to show yet. */
async function buildClient({ store, time_zone }: Builder): Promise<boolean> {
  const fund = await readHierarchy(store)
  if (!fund) return false
  const trading_mode = accountsOf(fund).some(({ account }) => account.trading_mode === 'LIVE') ? 'LIVE' : 'PAPER'
  const at = now()
  const content = await buildClientSnapshot({ store, time_zone }, { trading_mode, at })
  if (content) await putSnapshot(store, { dashboard_type: 'client', subject: store.fund_id }, content)
  return content !== null
}
