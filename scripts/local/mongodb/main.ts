import { parseArgs } from 'node:util'
import { startMongodb } from './start.ts'

const USAGE = 'usage: node scripts/local/mongodb/main.ts --data DIR --port N [--test-commands]'

const fail = (message: string) => {
  console.error(message)
  process.exit(1)
}

const run = async () => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      'test-commands': { type: 'boolean', default: false },
    },
  })
  if (values.host !== undefined && values.host !== '127.0.0.1')
    return fail(`MONGODB_HOST: ${values.host} refused; the embedded server listens on 127.0.0.1 only`)
  const port = Number(values.port)
  if (!values.data || !Number.isInteger(port) || port < 0 || port > 65535) return fail(USAGE)
  const server = await startMongodb({ dataDir: values.data, port, testCommands: values['test-commands'] })
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    server.close().then(
      () => process.exit(0),
      (error: unknown) => fail(String(error)),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`)
}

run().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)))
