import { openPublisher } from '../../shared/cloud/publisher.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineHttp } from '../../shared/runtime/define-http.ts'
import { outboxFlusher } from '../../shared/runtime/outbox.ts'
import { openStore } from '../../shared/store/open.ts'
import { receiveSignal } from './handler.ts'
import { signalRoute } from './route.ts'

const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const flush = outboxFlusher(store, openPublisher(config.GOOGLE_CLOUD_PROJECT))
const post = signalRoute(store, receiveSignal({ store, flush, config }))

defineHttp('ingest-signal', { config, routes: { 'POST /api/v1/signals': post, 'POST /api/signals': post } })
