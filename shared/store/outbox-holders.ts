import { accountSyncs } from './account-syncs.ts'
import { accountStates, fundStates } from './accounts.ts'
import { backtestSyncs } from './backtest-syncs.ts'
import { cerebroDecisions } from './cerebro-decisions.ts'
import { deadLetters } from './dead-letters.ts'
import { executionConfirmations } from './execution-confirmations.ts'
import { frozenInstruments } from './frozen-instruments.ts'
import type { WithOutbox } from './outbox.ts'
import { portfolioOptimizationRuns } from './portfolio-optimization-runs.ts'
import { settings } from './settings.ts'
import { tradingOrders } from './trading-orders.ts'
import { tradingSignals } from './trading-signals.ts'
import { transfers } from './transfers.ts'

/** Every collection whose documents cause messages. */
export const outboxHolders: readonly WithOutbox[] = [
  tradingSignals,
  cerebroDecisions,
  tradingOrders,
  executionConfirmations,
  accountStates,
  accountSyncs,
  fundStates,
  deadLetters,
  settings,
  backtestSyncs,
  frozenInstruments,
  transfers,
  portfolioOptimizationRuns,
]
