import { deleverage, marginUse } from '../../shared/domain/account/deleverage.ts'
import { ONE } from '../../shared/domain/money/decimal.ts'
import type { AccountState } from '../../shared/messages/account.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Flush } from '../../shared/runtime/outbox.ts'
import { type AccountHierarchy, accountsOf } from '../../shared/store/account-hierarchy.ts'
import { currentStates } from '../../shared/store/accounts.ts'
import { appendAudit } from '../../shared/store/audit-log.ts'
import type { Store } from '../../shared/store/collection.ts'
import { instrumentsById } from '../../shared/store/instruments.ts'
import { openPositionsIn, type Position } from '../../shared/store/positions.ts'
import { putAlert, readSettings, type Settings, settings } from '../../shared/store/settings.ts'
import { insertSystemSignal } from '../../shared/store/system-signals.ts'
import { hasUndecidedSignal, tradingSignals } from '../../shared/store/trading-signals.ts'

export interface Deleveraging {
  store: Store
  flush: Flush
  environment: string
}

/** Positions of nobody's strategy are never touched. */
const NOT_OURS = 'EXTERNAL'

/**
 * Closes positions pro rata by margin where the market has moved an account's margin far beyond its limit (CER-4a), by exits that walk the way
 * of all signals. Each reading of an account causes them once. How many were made.
 */
export async function deleverageAccounts(given: Deleveraging, fund: AccountHierarchy): Promise<number> {
  const { store } = given
  const account_ids = accountsOf(fund).map(({ account }) => account.account_id)
  const [limits, states] = await Promise.all([readSettings(store), currentStates(store, account_ids)])
  const over = states.filter(state => marginUse(state).gte(limits.deleverage_pct))
  let made = 0
  for (const state of over) made += await deleverageAccount(given, state, limits)
  return made
}

async function deleverageAccount(given: Deleveraging, state: AccountState, limits: Settings): Promise<number> {
  const { store, flush, environment } = given
  const { account_id, timestamp } = state
  const held = (await openPositionsIn(store, account_id)).filter(({ strategy_id }) => strategy_id !== NOT_OURS)
  const strategies = [...new Set(held.map(({ strategy_id }) => strategy_id))]
  // What was made before is not claimed yet: it counts only once it is decided.
  for (const strategy_id of strategies) if (await hasUndecidedSignal(store, strategy_id)) return 0
  const instruments = await instrumentsById(
    store,
    held.map(({ instrument_id }) => instrument_id),
  )
  const closes = deleverage({
    ...state,
    limit_pct: limits.margin_limit_pct,
    deleverage_pct: limits.deleverage_pct,
    held,
    lotOf: id => instruments.get(id)?.lot ?? ONE,
  })
  const cause = `deleverage:${account_id}:${timestamp.toISOString()}`
  const why = `margin ${state.margin_used.toFixed(2)} is ${marginUse(state).toFixed(2)} % of equity ${state.equity.toFixed(2)}, from ${limits.deleverage_pct} % on positions are closed to ${limits.margin_limit_pct} %`
  const byStrategy = Map.groupBy(closes, close => close.held.strategy_id)
  const at = now()
  let made = 0
  for (const [strategy_id, those] of byStrategy) {
    const exits = those.map(({ held: { instrument_id, instrument }, action, quantity }) => ({
      instrument_id,
      instrument,
      action,
      quantity,
    }))
    const signal = await insertSystemSignal(store, { strategy_id, environment, cause, why, exits, at })
    if (signal.received_at.getTime() === at.getTime()) made += 1
    await flush({ holder: tradingSignals, ordering_key: signal.strategy_id })
  }
  // This reading may have caused them before: it stands until the account is read again.
  if (made > 0) await tell(given, { account_id, why, closes })
  return made
}

interface Told {
  account_id: string
  why: string
  closes: readonly { held: Position; action: string; quantity: Position['quantity'] }[]
}

async function tell({ store, flush }: Deleveraging, { account_id, why, closes }: Told): Promise<void> {
  const at = now()
  const orders = closes.map(({ held, action, quantity }) => `${action} ${quantity} ${held.instrument.symbol} of ${held.strategy_id}`)
  const line = { writer: 'supervise-orders', who: 'supervise-orders', from: null, what: `deleverage.${account_id}`, at, reason: why }
  await appendAudit(store, { ...line, before: null, after: { orders } })
  await putAlert(store, {
    severity: 'CRITICAL',
    key: `deleverage.${account_id}`,
    title: `Positions of ${account_id} are being closed`,
    detail: `${why}. Sent: ${orders.join(', ')}. Watch them fill, and reduce or add capital.`,
    signal_id: null,
    order_id: null,
    at,
  })
  await flush({ holder: settings, ordering_key: '' })
}
