import { accountUpdate, scheduledRun } from '../../shared/messages/account.ts'
import { readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { openStore } from '../../shared/store/open.ts'
import { dashboardEnvironment } from './config.ts'
import { buildAfter, buildAll } from './handler.ts'

const config = readEnvironment(dashboardEnvironment, process.env)
const builder = { store: openStore(config), time_zone: config.FUND_TIME_ZONE }

defineStep('build-dashboards', {
  config,
  triggers: {
    'run-build-dashboards': trigger(scheduledRun, buildAll(builder)),
    'account-updates': trigger(accountUpdate, buildAfter(builder)),
  },
})
