import { parseArgs } from 'node:util'
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js'
import { startPubsub } from './start.ts'

// It would say a port in use a second time, in its own words.
setLogVerbosity(logVerbosity.NONE)

const { values } = parseArgs({ options: { data: { type: 'string' }, port: { type: 'string' }, 'stats-port': { type: 'string' } } })

const portOf = (flag: 'port' | 'stats-port') => {
  const port = Number(values[flag])
  if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`--${flag} must be a port number, got ${values[flag]}`)
  return port
}

const fail = (message: string): never => {
  process.stderr.write(`pubsub: ${message}\n`)
  process.exit(1)
}

const reason = (error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  return /database is locked/u.test(message) ? `another Pub/Sub server uses ${values.data}` : message
}

const dataDir = values.data ?? fail('--data DIR is needed')
const options = {
  dataDir,
  port: portOf('port'),
  pushToken: process.env.PUSH_TOKEN || undefined,
  statsPort: values['stats-port'] === undefined ? undefined : portOf('stats-port'),
}
const pubsub = await startPubsub(options).catch((error: unknown) => fail(reason(error)))

const stop = async () => {
  await pubsub.close()
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
process.stdout.write(`${JSON.stringify({ ready: true, port: pubsub.port, ...(pubsub.statsPort && { statsPort: pubsub.statsPort }) })}\n`)
