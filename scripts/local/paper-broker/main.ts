import { parseArgs } from 'node:util'
import { paperBroker } from '../../../shared/brokers/paper/paper-broker.ts'
import { now } from '../../../shared/runtime/clock.ts'
import { baseEnvironment, readEnvironment } from '../../../shared/runtime/configuration.ts'
import { crashPoint } from '../../../shared/runtime/crash-points.ts'
import { errorText } from '../../../shared/runtime/log.ts'
import { instrumentById } from '../../../shared/store/instruments.ts'
import { openStore } from '../../../shared/store/open.ts'
import { paperAccounts } from '../../../shared/store/paper-book.ts'
import { allowedToServe, onStop } from '../runner/child.ts'
import { faultPlan, faultsOf } from './faults.ts'
import { giveForeignOrder } from './foreign.ts'
import { paperServer } from './server.ts'

// The paper broker in a process of its own, at fault on purpose: started where FAULTY_BROKER holds a plan of faults as JSON.

const { values } = parseArgs({ options: { port: { type: 'string' } } })
const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const faults = faultsOf(faultPlan.parse(JSON.parse(process.env.FAULTY_BROKER ?? '{"seed":1}')))
const broker = paperBroker({ store, marketUrl: config.MARKET_URL, now, crashPoint })
const { disconnect_every_s, disconnect_for_s, foreign_every_s, seed } = faults.plan

const started = performance.now()
const cutOff = () => {
  if (disconnect_every_s === 0) return false
  const into = ((performance.now() - started) / 1000) % disconnect_every_s
  return into > disconnect_every_s - disconnect_for_s
}

await allowedToServe()
const server = paperServer({ broker, faults, now, cutOff })
server.listen(Number(values.port), '127.0.0.1')

let given = 0
const foreign =
  foreign_every_s > 0
    ? setInterval(() => {
        if (faults.calmed) return
        given += 1
        giveForeignOrder({
          broker,
          seed,
          number: `${process.pid}-${given}`,
          accounts: async () =>
            (await paperAccounts.in(store).find({}).sort({ account_id: 1 }).toArray()).map(each => paperAccounts.read(each)),
          instrument: instrument_id => instrumentById(store, instrument_id),
        }).then(
          placed => placed && faults.count('foreign_order'),
          (error: unknown) => void process.stderr.write(`foreign order not given: ${errorText(error)}\n`),
        )
      }, foreign_every_s * 1000)
    : undefined

onStop(() => {
  clearInterval(foreign)
  server.close()
  server.closeAllConnections()
})
