import { openSecrets } from '../../shared/cloud/secrets.ts'
import { accountUpdate, scheduledRun } from '../../shared/messages/account.ts'
import { standardizedSignal } from '../../shared/messages/signal.ts'
import { readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { openStore } from '../../shared/store/open.ts'
import { tellEnvironment } from './config.ts'
import { tellingSignals } from './handler.ts'

const config = readEnvironment(tellEnvironment, process.env)
const { received, wake } = tellingSignals({ store: openStore(config), secrets: openSecrets(config), config })

defineStep('tell-signals', {
  config,
  triggers: {
    'standardized-signals': trigger(standardizedSignal, received),
    'account-updates': trigger(accountUpdate, wake),
    'run-tell-signals': trigger(scheduledRun, wake),
  },
})
