import { setTimeout as delay } from 'node:timers/promises'
import { ledgerLater } from '../../shared/domain/account/ledger-later.ts'
import { decide } from '../../shared/domain/decision/decide.ts'
import type { CalculationStep, LegDecision } from '../../shared/domain/decision/intent.ts'
import { partsOf } from '../../shared/domain/decision/parts.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import { cedeNext, ledgerOf, type MarginLedger, type Reservation } from '../../shared/store/margin-ledger.ts'
import { earlierDecision } from './earlier.ts'
import { loadFreedState } from './fresh-state.ts'
import { ledgerView } from './ledger-view.ts'
import type { LoadedState, Sources } from './load-state.ts'
import { takeMargin } from './take.ts'
import { waitToBeNext } from './wait-to-be-next.ts'

/** Losers of a race wait at random, up to so many times as long as an attempt takes, so that few of them meet again. */
const LONGEST_PAUSE = 16

/** Times that a decision is made anew in process because margin or a position moved under it. */
export const MOST_TRIES = 20

/** After so many, an entry is let go first. */
const LOST_OFTEN = 5

/** How often a signal may still be decided anew because something moved under it. */
export interface Tries {
  left: number
}

interface Judging {
  signal: StandardizedSignal
  loaded: LoadedState
  now: Date
  tries: Tries
  /** When what the signal waited for was done; null where it waited for nothing, or that is long ago. */
  ended_at: Date | null
}

interface Judged {
  /** What it was judged by. */
  loaded: LoadedState
  legs: LegDecision[]
  taken: CalculationStep[]
}

/**
 * Decides, and reserves the margin for it; null where more has moved than the ledger. What may enter takes its turn, an exit waits for nobody.
 */
export async function judge(sources: Sources, { signal, loaded: read, now, tries, ended_at }: Judging): Promise<Judged | null> {
  const { store, turns, inShadow, cerebro_version } = sources
  const earlier = read.decision && (await earlierDecision(store, read.decision))
  const shadow = inShadow ? cerebro_version : null
  const decideBy = ({ state }: LoadedState) => decide({ signal, state, now, earlier, shadow })
  const loaded = ended_at === null ? read : await loadFreedState(sources, { signal, loaded: read, legs: decideBy(read), ended_at })
  const mayEnter = earlier !== null || partsOf(signal, loaded.state).some(({ signal_type }) => signal_type === 'ENTRY')
  if (!mayEnter) return { loaded, legs: decideBy(loaded), taken: [] }
  return turns.take(loaded.mode, async () => {
    let took = 0
    let granted = false
    const isNext = () => MOST_TRIES - tries.left >= LOST_OFTEN
    try {
      for (let lost = 0; tries.left > 0; lost += 1, tries.left -= 1) {
        if (isNext()) await waitToBeNext(store, loaded.mode, signal.signal_id)
        else if (lost > 1) await delay(Math.random() * took * Math.min(2 ** lost, LONGEST_PAUSE))
        const begun = performance.now()
        const latest = await latestState(sources, { signal, loaded, again: lost > 0 })
        if (!latest) return null
        const legs = decideBy(latest)
        const taken = await takeMargin(sources, { signal, loaded: latest, legs, now })
        granted = taken !== null && taken.length > 0
        if (taken) return { loaded: latest, legs, taken }
        took = performance.now() - begun
      }
      return null
    } finally {
      // Else whoever has the turn after this would wait for an entry that waits for its own.
      if (isNext() && !granted) await cedeNext(store, loaded.mode, signal.signal_id)
    }
  })
}

interface Latest extends Pick<Judging, 'signal' | 'loaded'> {
  /** It was decided already, and lost. */
  again: boolean
}

/** What was read, with what was granted since; null where that needs more than the ledger. */
async function latestState(sources: Sources, { signal, loaded, again }: Latest): Promise<LoadedState | null> {
  const { mode, ledger, state } = loaded
  const latest = ledger && (again || sources.turns.isShared(mode) ? await readAgain(sources, ledger) : sources.turns.since(ledger))
  if (latest === ledger) return loaded
  const isOwn = ({ strategy_id }: Reservation) => strategy_id === signal.strategy_id
  const known = latest?.reservations.filter(isOwn).every(({ instrument_id }) => state.instruments.has(instrument_id))
  return latest && known ? withLedger(loaded, latest, signal.signal_id) : null
}

async function readAgain({ store, turns }: Sources, before: MarginLedger): Promise<MarginLedger | null> {
  const later = await ledgerOf(store, before.trading_mode)
  if (!later) return null
  if (later.grants !== turns.since(before)?.grants) turns.met(later)
  return ledgerLater(before, later)
}

/** The same state with what a later ledger says. */
async function withLedger(loaded: LoadedState, ledger: MarginLedger, signal_id: string): Promise<LoadedState> {
  const { state, placed, bookOf } = loaded
  const view = ledgerView(ledger, { account_id: placed?.account.account_id ?? null, strategy_id: state.strategy.strategy_id, signal_id })
  return {
    ...loaded,
    ledger,
    state: {
      ...state,
      account: state.account && { ...state.account, pool: view.pool },
      fund: { ...state.fund, pool: view.fund },
      working: view.working,
      reserved: view.reserved,
      book: await bookOf(ledger),
    },
  }
}
