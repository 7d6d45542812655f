import { backtestSyncRequest } from '../../shared/messages/backtest.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { openStore } from '../../shared/store/open.ts'
import { syncBacktest } from './sync-backtest.ts'

const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)

defineStep('optimize-portfolio', {
  config,
  triggers: {
    'backtest-syncs': trigger(backtestSyncRequest, syncBacktest(store)),
  },
})
