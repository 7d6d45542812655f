import type { Capabilities } from '../../shared/brokers/broker.ts'
import type { KnownBroker } from '../../shared/brokers/capabilities.ts'
import type { Brokers } from '../../shared/brokers/pool.ts'
import type { DecisionState } from '../../shared/domain/decision/state.ts'
import { DomainError } from '../../shared/domain/errors.ts'
import type { Quote } from '../../shared/domain/instrument.ts'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import { expectedAlpha } from '../../shared/domain/risk/expected-alpha.ts'
import type { RiskBook } from '../../shared/domain/risk/exposures.ts'
import type { InstrumentDocument, QuoteDocument } from '../../shared/messages/instrument.ts'
import type { BookMode, StandardizedSignal } from '../../shared/messages/signal.ts'
import { accountsOf, type PlacedAccount, readHierarchy } from '../../shared/store/account-hierarchy.ts'
import { currentState, readingTimesQuery } from '../../shared/store/accounts.ts'
import { unreconciledQuery, wasReconciled } from '../../shared/store/broker-accounts.ts'
import { brokerStatusQuery } from '../../shared/store/broker-status.ts'
import { decisionQuery, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { frozenQuery } from '../../shared/store/frozen-instruments.ts'
import { ratesInto } from '../../shared/store/fx-rates.ts'
import { instrumentsById, quotesOf, quotesQuery } from '../../shared/store/instruments.ts'
import { ledgersQuery, type MarginLedger } from '../../shared/store/margin-ledger.ts'
import { activeAllocationQuery } from '../../shared/store/portfolio-allocations.ts'
import { holdingsQuery, openPositionsQuery, type Position } from '../../shared/store/positions.ts'
import { readTogether } from '../../shared/store/query.ts'
import { writtenSince } from '../../shared/store/return-series.ts'
import { defaultSettings, settingsQuery } from '../../shared/store/settings.ts'
import { accountOf, type StrategyConfiguration, strategyQuery } from '../../shared/store/strategy-configurations.ts'
import { strategyPnlQuery } from '../../shared/store/strategy-pnl.ts'
import { positionToldBefore } from '../../shared/store/trading-signals.ts'
import { dayPnlInUsd } from './day-pnl.ts'
import type { EntryTurns } from './entry-turns.ts'
import { foresee, readAhead, remember } from './foresight.ts'
import { entriesOf, ledgerView } from './ledger-view.ts'
import { riskBook } from './risk-book.ts'
import type { ScenarioCache } from './scenario-cache.ts'

const QUOTE_FRESH_MS = 2_000
/** Where the venue cannot be asked from here, a stored quote counts for this long. */
const QUOTE_STORED_MS = 15_000

export interface LoadedState {
  state: DecisionState
  /** Whose ledger and positions it is about. */
  mode: BookMode
  /** What this version decided before; null for a new signal. */
  decision: StoredDecision | null
  positions: Position[]
  placed: PlacedAccount | null
  /** Its broker is there, and what it says is still being compared with our books (rule 7). */
  reconciling: boolean
  ledger: MarginLedger | null
  /** The fund's risk by another ledger than the one that was read. */
  bookOf(ledger: MarginLedger | null): Promise<RiskBook>
  /** Which client order ids the account's broker keeps. */
  client_ids: Pick<Capabilities, 'client_order_id_length' | 'client_order_id_symbols'>
}

export interface Sources {
  store: Store
  brokers: Brokers<KnownBroker>
  cerebro_version: string
  /** Decides beside another version, in books of its own: nobody's signal or view follows it (CER-11). */
  inShadow: boolean
  /** The fund's: its days begin at midnight there. */
  time_zone: string
  scenarios: ScenarioCache
  turns: EntryTurns
  /** Asks for an account to be read at its broker. */
  requestSync(account_id: string, at: Date): Promise<void>
}

/** All that a decision depends on, in one round trip where that was foreseen; what it names beside is asked for in a second. */
export async function loadState(sources: Sources, signal: StandardizedSignal, now: Date): Promise<LoadedState> {
  const { store, brokers, cerebro_version, inShadow, time_zone, scenarios } = sources
  const { signal_id, strategy_id } = signal
  const legIds = signal.legs.map(({ instrument_id }) => instrument_id)
  const foreseen = foresee(store, signal)
  const askedQuotes = [...new Set([...legIds, ...foreseen.instrument_ids])]
  const [read, hierarchy] = await Promise.all([
    readTogether(store, {
      decisions: decisionQuery(signal_id, cerebro_version),
      // Before positions: what an entry fills is booked there first, so that it is seen in one of them at least.
      ledgers: ledgersQuery(store),
      strategies: strategyQuery(strategy_id),
      settings: settingsQuery(store),
      allocations: activeAllocationQuery(),
      positions: openPositionsQuery(strategy_id, inShadow),
      quotes: quotesQuery(askedQuotes),
      holdings: holdingsQuery(inShadow),
      brokers: brokerStatusQuery(),
      unreconciled: unreconciledQuery(now),
      frozen: frozenQuery(),
      pnls: strategyPnlQuery(strategy_id),
      readings: readingTimesQuery(foreseen.account_ids),
      newBacktests: writtenSince('strategies', scenarios.newest('strategies')),
      newReturns: writtenSince('instruments', scenarios.newest('instruments')),
    }),
    readHierarchy(store),
    readAhead(store, foreseen),
  ])
  const { positions } = read
  const [strategy] = read.strategies
  const [allocation] = read.allocations
  const [settings = defaultSettings(store.fund_id)] = read.settings
  if (!strategy) throw new DomainError('UNKNOWN_STRATEGY', { strategy_id, signal_id })
  if (!hierarchy) throw new DomainError('NO_ACCOUNT_HIERARCHY', { fund_id: store.fund_id })
  const { trading_mode, ...named } = accountOf(strategy)
  const mode: BookMode = inShadow ? 'SHADOW' : trading_mode
  const placed =
    accountsOf(hierarchy).find(
      ({ account }) => account.trading_mode === mode && (inShadow ? account.mirrors : account.account_id) === named.account_id,
    ) ?? null
  const account_id = inShadow ? (placed?.account.account_id ?? null) : named.account_id
  // Without its broker an entry is denied, and an exit is decided all the same.
  const broker = placed && (await brokers(placed.broker.broker_id).catch(() => null))
  const ledger = read.ledgers.find(each => each.trading_mode === mode) ?? null
  const own = positions.filter(position => position.account_id === account_id)
  remember(store, { strategy_id, account_id, base_currency: hierarchy.base_currency, holdings: read.holdings, ledger })
  const changed = read.newBacktests.length + read.newReturns.length > 0
  const bookQuestion = { signal, mode, holdings: read.holdings, allocation, base_currency: hierarchy.base_currency }
  const [market, book, read_at, told_before, known] = await Promise.all([
    readMarket(store, {
      instrument_ids: [
        ...legIds,
        ...own.map(({ instrument_id }) => instrument_id),
        ...entriesOf(ledger, strategy_id).map(entry => entry.instrument_id),
      ],
      legIds,
      askedQuotes,
      found: read.quotes,
      base_currency: hierarchy.base_currency,
      account_currency: placed?.account.currency ?? hierarchy.base_currency,
      now,
      ask: hasOwnStream(placed) ? null : instrument => broker?.quote(instrument).catch(() => null) ?? Promise.resolve(null),
    }),
    riskBook(store, scenarios, { ...bookQuestion, ledger, changed }),
    readingTime(store, { account_id, readings: read.readings }),
    toldBefore(store, signal),
    account_id === null || wasReconciled(store, account_id),
  ])
  const { kill_switch } = settings
  const byLedger = ledgerView(ledger, { account_id, strategy_id, signal_id })
  const broker_status = read.brokers.find(({ broker_id }) => broker_id === placed?.broker.broker_id)?.status ?? null
  const away = read.unreconciled.find(each => each.account_id === account_id)
  const weight = allocation?.allocations[strategy_id]
  const state: DecisionState = {
    trading_mode,
    strategy: {
      ...strategy,
      expected_alpha: alphaOf(scenarios.backtest(strategy_id), strategy),
      day_pnl: strategy.risk_limits.max_daily_loss && dayPnlInUsd({ now, time_zone, own, market, pnls: read.pnls, mode }),
    },
    account: placed && {
      ...placed.account,
      broker_id: placed.broker.broker_id,
      pool: byLedger.pool,
      as_of: older(byLedger.pool?.as_of, read_at),
      broker_status: (away || !known || !broker) && broker_status !== 'NEEDS_LOGIN' ? 'DISCONNECTED' : broker_status,
    },
    frozen: new Set(read.frozen.filter(each => each.account_id === account_id).map(({ instrument_id }) => instrument_id)),
    fund: { currency: hierarchy.base_currency, pool: byLedger.fund },
    allocation: { allocation_id: allocation?.allocation_id ?? null, percent: weight === undefined ? null : new Decimal(weight) },
    kill_switch: {
      fund: kill_switch.fund,
      account: kill_switch.accounts[named.account_id ?? ''] ?? 'ACTIVE',
      strategy: kill_switch.strategies[strategy_id] ?? 'ACTIVE',
    },
    margin_limit_pct: settings.margin_limit_pct,
    limits: settings,
    sync: null,
    book,
    test_allocation_pct: settings.test_allocation_pct,
    ...market,
    positions: own,
    told_before,
    working: byLedger.working,
    capabilities: capabilitiesFor(broker?.capabilities, strategy),
    reserved: byLedger.reserved,
  }
  return {
    state,
    mode,
    decision: read.decisions[0] ?? null,
    positions: own,
    placed,
    reconciling: (away ? away.status === 'CONNECTED' : !known) && (broker_status ?? 'CONNECTED') === 'CONNECTED',
    ledger,
    bookOf: by => riskBook(store, scenarios, { ...bookQuestion, ledger: by, changed: false }),
    client_ids: broker?.capabilities ?? { client_order_id_length: 20, client_order_id_symbols: false },
  }
}

/** When the account was read last: of two times the older, since a sync writes both. */
const older = (one: Date | undefined, other: Date | null): Date | null => (one && other ? (one < other ? one : other) : null)

interface ReadingQuestion {
  account_id: string | null
  readings: { account_id: string; timestamp: Date }[]
}

async function readingTime(store: Store, { account_id, readings }: ReadingQuestion): Promise<Date | null> {
  if (account_id === null) return null
  const known = readings.find(reading => reading.account_id === account_id)
  if (known) return known.timestamp
  return (await currentState(store, account_id))?.timestamp ?? null
}

/** Read only where a signal tells where its sender will stand, but not how far that is from where they stood. */
async function toldBefore(store: Store, { position_after, legs: [leg], ...signal }: StandardizedSignal): Promise<Decimal | null> {
  if (position_after === null || !leg || leg.requested_quantity !== null) return null
  return positionToldBefore(store, { ...signal, instrument_id: leg.instrument_id })
}

const alphaOf = (figures: ReturnType<ScenarioCache['backtest']>, { notional_per_capital }: StrategyConfiguration): number | null =>
  figures && expectedAlpha(figures, notional_per_capital.toNumber())

/** What the broker takes and, where the strategy allows, what the supervisor makes of other orders. */
const capabilitiesFor = (known: Capabilities | undefined, { emulate_stops }: StrategyConfiguration): DecisionState['capabilities'] => ({
  order_types: [...(known?.order_types ?? []), ...(emulate_stops ? (known?.emulable ?? []) : [])],
  times_in_force: known?.times_in_force ?? [],
})

interface MarketQuestion {
  instrument_ids: string[]
  legIds: string[]
  /** Instruments whose quotes were asked for already, and what was found. */
  askedQuotes: string[]
  found: QuoteDocument[]
  base_currency: string
  account_currency: string
  now: Date
  /** Asks the venue where the stored quote is old; null where its quotes come by a stream alone. */
  ask: ((instrument: InstrumentDocument) => Promise<Quote | null>) | null
}

/** IBKR has one connection, which is the gateway's: nobody else can ask it, and what it streams stands in `quotes`. */
const hasOwnStream = (placed: PlacedAccount | null): boolean => placed?.broker.adapter === 'ibkr'

/** A quote of a stream says little after this: it may have ended. */
const STREAMED_FOR_MS = 60_000

async function readMarket(store: Store, question: MarketQuestion) {
  const { instrument_ids, legIds, askedQuotes, found, base_currency, account_currency, now, ask } = question
  const wanted = [...new Set(instrument_ids)]
  const others = wanted.filter(id => !askedQuotes.includes(id))
  const [instruments, otherQuotes] = await Promise.all([instrumentsById(store, wanted), others.length > 0 ? quotesOf(store, others) : []])
  const fresh = new Map<string, Quote>([...found.map(quote => [quote.instrument_id, quote] as const), ...otherQuotes])
  const longest = ask ? QUOTE_FRESH_MS : STREAMED_FOR_MS
  const ageOf = (id: string) => now.getTime() - (fresh.get(id)?.as_of.getTime() ?? 0)
  const stale = legIds.filter(id => ageOf(id) > longest)
  const [rates] = await Promise.all([
    ratesInto(store, base_currency, ['USD', account_currency, ...[...instruments.values()].map(({ currency }) => currency)]),
    ...stale.map(async id => {
      const instrument = instruments.get(id)
      const answer = instrument && ask ? await ask(instrument) : null
      if (answer) fresh.set(id, answer)
      else if (ageOf(id) > QUOTE_STORED_MS) fresh.delete(id)
    }),
  ])
  return { instruments, quotes: fresh, rates }
}
