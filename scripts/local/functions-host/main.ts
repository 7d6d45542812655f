import { existsSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { parseArgs } from 'node:util'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { startBackground } from '../../../shared/runtime/background.ts'
import { sendProblem } from '../../../shared/runtime/request-body.ts'
import { refuseUpgrade } from '../../../shared/runtime/upgrades.ts'
import { http } from '../http.ts'
import { allowedToServe, onStop } from '../runner/child.ts'

// All functions of one system behind one port: `/<step>/<path>` goes to the step's function as `/<path>`.

const { values, positionals: steps } = parseArgs({ options: { port: { type: 'string' } }, allowPositionals: true })

const functions = new Map<string, Server>()
for (const step of steps) {
  // A second version of a step runs the same code under another name.
  const source = process.env.STEP_SOURCE ?? step
  const file = new URL(`../../../functions/${source}/index.ts`, import.meta.url)
  if (!existsSync(file)) {
    process.stderr.write(
      `functions/${step}/index.ts does not exist, though pipeline.yaml lists ${step}: every call of it is answered with 503\n`,
    )
    continue
  }
  await import(file.href)
  functions.set(step, getTestServer(source))
}

const notServed = (step: string, response: ServerResponse) =>
  steps.includes(step)
    ? sendProblem(response, { status: 503, code: 'NO_SUCH_FUNCTION', detail: `functions/${step}/index.ts does not exist.` })
    : sendProblem(response, { status: 404, code: 'NOT_FOUND', detail: `This process serves ${steps.join(', ')}.` })

/** The function that a request is for; its address becomes the function's own. */
const functionOf = (request: IncomingMessage) => {
  const [, step = '', rest = ''] = /^\/([^/?]*)(.*)$/.exec(request.url ?? '') ?? []
  request.url = rest.startsWith('/') ? rest : `/${rest}`
  return { step, own: functions.get(step) }
}

const toFunction = (request: IncomingMessage, response: ServerResponse) => {
  const { step, own } = functionOf(request)
  if (!own) return notServed(step, response)
  own.emit('request', request, response)
}

// Not http.createServer, which the functions wrap for the servers of the framework.
const server = new http.Server({ keepAliveTimeout: 75_000 }, toFunction)
server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  const { own } = functionOf(request)
  if (own) own.emit('upgrade', request, socket, head)
  else refuseUpgrade(socket, '404 Not Found')
})
await allowedToServe()
server.listen(Number(values.port), '127.0.0.1')
const endBackground = startBackground()

onStop(async () => {
  await endBackground()
  await new Promise(resolve => {
    server.close(resolve)
    server.closeIdleConnections()
  })
})
