import { openPublisher } from '../../shared/cloud/publisher.ts'
import { scheduledRun } from '../../shared/messages/account.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineStep, rawTrigger, trigger } from '../../shared/runtime/define-step.ts'
import { openStore } from '../../shared/store/open.ts'
import { storeDeadLetter } from './dead-letter.ts'
import { sweep } from './sweep.ts'

const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const publisher = openPublisher(config.GOOGLE_CLOUD_PROJECT)

defineStep('collect-signals', {
  config,
  triggers: {
    'run-collect-signals': trigger(scheduledRun, sweep({ store, publisher })),
    'dead-letters': rawTrigger(storeDeadLetter(store)),
  },
})
