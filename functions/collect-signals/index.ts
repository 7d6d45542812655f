import { openPublisher } from '../../shared/cloud/publisher.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { scheduledRun } from '../../shared/messages/account.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineStep, rawTrigger, trigger } from '../../shared/runtime/define-step.ts'
import { outboxFlusher } from '../../shared/runtime/outbox.ts'
import { openStore } from '../../shared/store/open.ts'
import { collectWritten } from './collect-written.ts'
import { storeDeadLetter } from './dead-letter.ts'
import { sweep } from './sweep.ts'

const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const publisher = openPublisher(config.GOOGLE_CLOUD_PROJECT)
const collect = collectWritten({ store, secrets: openSecrets(config), flush: outboxFlusher(store, publisher), config })

defineStep('collect-signals', {
  config,
  triggers: {
    'run-collect-signals': trigger(scheduledRun, sweep({ store, publisher, collect })),
    'dead-letters': rawTrigger(storeDeadLetter(store)),
  },
})
