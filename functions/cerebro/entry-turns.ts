import { ledgerWithGrant } from '../../shared/domain/account/ledger-with-grant.ts'
import type { BookMode } from '../../shared/messages/signal.ts'
import type { MarginLedger, Reservation } from '../../shared/store/margin-ledger.ts'

interface Granted {
  /** Which grant of its ledger it was, from 1. */
  number: number
  reservations: readonly Reservation[]
}

/** More than are ever granted between a signal's reads and its turn. */
const KEPT = 1_000
/** After another process was met in a book, it is expected there again for so long. */
const EXPECTED_MS = 1_000

/**
 * Every check of an entry but its own age asks what the fund has granted before, so that entries of one book are decided one after another:
 * across processes by the ledger's count of grants, which each reservation requires to be as it was read, and within this process by a turn
 * that lasts from the decision to its one write. What this process granted after a signal's reads is added to them without another read.
 */
export interface EntryTurns {
  take<T>(mode: BookMode, work: () => Promise<T>): Promise<T>
  granted(mode: BookMode, grant: Granted): void
  /** A ledger with what this process granted since it was read; null where not all of that is known. */
  since(ledger: MarginLedger): MarginLedger | null
  /** A ledger was not as this process left it: another one grants there as well, or it was put back to what it was before. */
  met(ledger: MarginLedger): void
  /** Whether to look at the ledger again before deciding, because another process has probably moved it. */
  isShared(mode: BookMode): boolean
}

export function entryTurns(): EntryTurns {
  const turns = new Map<BookMode, Promise<unknown>>()
  const grants = new Map<BookMode, Granted[]>()
  const metAt = new Map<BookMode, number>()
  const grantsIn = (mode: BookMode): Granted[] => {
    const known = grants.get(mode) ?? []
    grants.set(mode, known)
    return known
  }
  return {
    take: (mode, work) => {
      const turn = (turns.get(mode) ?? Promise.resolve()).then(work)
      turns.set(
        mode,
        turn.catch(() => undefined),
      )
      return turn
    },
    granted: (mode, grant) => {
      const known = grantsIn(mode)
      known.push(grant)
      if (known.length > KEPT) known.shift()
    },
    since: ledger => {
      let latest = ledger
      for (const { number, reservations } of grantsIn(ledger.trading_mode)) {
        if (number <= latest.grants) continue
        if (number > latest.grants + 1) return null
        latest = ledgerWithGrant(latest, reservations)
      }
      return latest
    },
    met: ({ trading_mode, grants: latest }) => {
      metAt.set(trading_mode, performance.now())
      grants.set(
        trading_mode,
        grantsIn(trading_mode).filter(({ number }) => number <= latest),
      )
    },
    isShared: mode => performance.now() - (metAt.get(mode) ?? Number.NEGATIVE_INFINITY) < EXPECTED_MS,
  }
}
