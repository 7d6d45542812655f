import { scheduledRun } from '../../shared/messages/account.ts'
import { backtestSyncRequest } from '../../shared/messages/backtest.ts'
import { optimizationRequest } from '../../shared/messages/portfolio.ts'
import { readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { openStore } from '../../shared/store/open.ts'
import { environment } from './config.ts'
import { recommend } from './recommend.ts'
import { research } from './research.ts'
import { syncBacktest } from './sync-backtest.ts'

const config = readEnvironment(environment, process.env)
const store = openStore(config)

defineStep('optimize-portfolio', {
  config,
  triggers: {
    'run-optimize-portfolio': trigger(scheduledRun, recommend({ store, time_zone: config.FUND_TIME_ZONE })),
    'optimization-requests': trigger(optimizationRequest, research({ store, time_zone: config.FUND_TIME_ZONE })),
    'backtest-syncs': trigger(backtestSyncRequest, syncBacktest(store)),
  },
})
