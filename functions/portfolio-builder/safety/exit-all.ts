import { ZERO } from '../../../shared/domain/money/decimal.ts'
import { instrumentName } from '../../../shared/messages/instrument.ts'
import type { Flush } from '../../../shared/runtime/outbox.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { instrumentsById } from '../../../shared/store/instruments.ts'
import { ledgersQuery } from '../../../shared/store/margin-ledger.ts'
import { allOpenPositions } from '../../../shared/store/positions.ts'
import { readAll } from '../../../shared/store/query.ts'
import type { SwitchScope } from '../../../shared/store/settings.ts'
import { accountOf, allStrategies } from '../../../shared/store/strategy-configurations.ts'
import { insertSystemSignal, type SystemExit } from '../../../shared/store/system-signals.ts'
import { tradingSignals } from '../../../shared/store/trading-signals.ts'

interface Held extends SystemExit {
  strategy_id: string
  account_id: string
}

interface Exit {
  target: SwitchScope
  /** The same request exits once. */
  request_id: string
  why: string
  environment: string
  at: Date
}

export interface ExitAnswer {
  signals: { strategy_id: string; signal_id: string; tickers: string[] }[]
  /** What no strategy's exit can reach, with the reason. */
  skipped: { strategy_id: string; account_id: string; ticker: string; reason: string }[]
}

/**
 * Has everything closed that a target holds or is about to hold: a system signal for each strategy (CER-11a), which cancels its working
 * entries, closes its positions and is followed to its fills as any exit is.
 */
export async function exitAll(
  { store, flush }: { store: Store; flush: Flush },
  { target, request_id, why, environment, at }: Exit,
): Promise<ExitAnswer> {
  const strategies = new Map((await allStrategies(store)).map(strategy => [strategy.strategy_id, accountOf(strategy).account_id]))
  const held = await heldBy(store, target)
  const reachable = held.filter(({ strategy_id, account_id }) => strategies.get(strategy_id) === account_id)
  const signals: ExitAnswer['signals'] = []
  for (const [strategy_id, exits] of Map.groupBy(reachable, each => each.strategy_id)) {
    const order = { strategy_id, environment, cause: `exit-all:${request_id}`, why, exits, at }
    const { signal_id } = await insertSystemSignal(store, order)
    await flush({ holder: tradingSignals, ordering_key: strategy_id })
    signals.push({ strategy_id, signal_id, tickers: exits.map(({ instrument }) => instrument.symbol) })
  }
  const skipped = held
    .filter(each => !reachable.includes(each))
    .map(({ strategy_id, account_id, instrument }) => ({
      strategy_id,
      account_id,
      ticker: instrument.symbol,
      reason: reasonOf(strategies, strategy_id),
    }))
  return { signals, skipped }
}

const reasonOf = (strategies: Map<string, string | null>, strategy_id: string): string =>
  strategies.has(strategy_id)
    ? `${strategy_id} trades in ${strategies.get(strategy_id) ?? 'no account'} now; close this one at its broker, or set the strategy back first.`
    : `${strategy_id} is no strategy of the fund; close it at its broker.`

/** Positions, and instruments of entries that may still fill (they hold margin until then), each once. */
async function heldBy(store: Store, target: SwitchScope): Promise<Held[]> {
  const [positions, entries] = await Promise.all([openPositions(store), workingEntries(store)])
  const keyOf = ({ strategy_id, account_id, instrument_id }: Held) => [strategy_id, account_id, instrument_id].join('\n')
  const all = [...entries, ...positions].filter(
    held => target.kind === 'fund' || (target.kind === 'account' ? held.account_id : held.strategy_id) === target.id,
  )
  return [...new Map(all.map(each => [keyOf(each), each])).values()]
}

async function openPositions(store: Store): Promise<Held[]> {
  const positions = await allOpenPositions(store)
  return positions.map(({ strategy_id, account_id, instrument_id, instrument, quantity }) => {
    return { strategy_id, account_id, instrument_id, instrument, action: quantity.gt(ZERO) ? 'SELL' : 'BUY', quantity: null }
  })
}

async function workingEntries(store: Store): Promise<Held[]> {
  const ledgers = await readAll(store, ledgersQuery(store))
  const live = ledgers.flatMap(({ reservations }) => reservations).filter(({ state }) => state === 'live')
  const instruments = await instrumentsById(store, [...new Set(live.map(({ instrument_id }) => instrument_id))])
  return live.flatMap(({ strategy_id, account_id, instrument_id, action }): Held[] => {
    const known = instruments.get(instrument_id)
    if (!known) return []
    const back = action === 'BUY' ? 'SELL' : 'BUY'
    return [{ strategy_id, account_id, instrument_id, instrument: instrumentName.parse(known), action: back, quantity: null }]
  })
}
