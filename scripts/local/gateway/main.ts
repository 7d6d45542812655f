import type { Duplex } from 'node:stream'
import { parseArgs } from 'node:util'
import { allowedToServe, onStop } from '../runner/child.ts'
import { startDemoSender } from './demo-sender.ts'
import { type GatewayPlan, gatewayServer } from './server.ts'

const { values } = parseArgs({ options: { port: { type: 'string' }, plan: { type: 'string' }, 'demo-sender': { type: 'string' } } })

// The plan comes ready-made: reading pipeline.yaml takes packages that this process has no other use for.
const server = gatewayServer(JSON.parse(values.plan ?? '{"routes":[],"functions":[]}') as GatewayPlan)
const upgraded = new Set<Duplex>()
server.on('upgrade', (_request, socket) => {
  upgraded.add(socket)
  socket.once('close', () => upgraded.delete(socket))
})
await allowedToServe()
server.listen(Number(values.port), '127.0.0.1')
const sender = values['demo-sender'] === undefined ? null : startDemoSender(values['demo-sender'])

onStop(
  () =>
    new Promise(resolve => {
      sender?.stop()
      server.close(resolve)
      server.closeIdleConnections()
      for (const socket of upgraded) socket.destroy()
    }),
)
