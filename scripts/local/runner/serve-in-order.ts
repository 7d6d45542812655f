import type { LocalPlan } from '../prepare/plan.ts'
import type { Database } from './database.ts'
import { readJson } from './observation.ts'
import type { Ports } from './ports.ts'
import type { Preparing } from './preparing.ts'
import type { ProcessPlan } from './process-plan.ts'
import type { StrategySecrets } from './secrets.ts'
import type { Supervised } from './supervisor.ts'

interface Serving {
  running: readonly Supervised[]
  preparing: Preparing
  plan: LocalPlan
  ports: Ports
  database: Database
  /** Null without demo data. */
  demo: Record<string, StrategySecrets> | null
  simulated: boolean
  warn: (line: string) => void
}

/** Each part is let in when what it builds on is there; all of them have long begun to load by then. */
export async function serveInOrder({ running, preparing, plan, ports, database, demo, simulated, warn }: Serving): Promise<void> {
  const at = (stage: ProcessPlan['stage']) => running.filter(each => each.plan.stage === stage)
  const readyAt = (...stages: ProcessPlan['stage'][]) => Promise.all(stages.flatMap(at).map(({ ready }) => ready))
  const release = (...stages: ProcessPlan['stage'][]) => {
    for (const each of stages.flatMap(at)) each.release()
  }
  release('mongodb', 'pubsub')
  await readyAt('mongodb', 'pubsub')
  const prepares = at('pubsub').length > 0 && (at('mongodb').length > 0 || database.kind === 'given')
  if (prepares) {
    const functionPorts = Object.fromEntries(
      plan.systems.flatMap(({ name, steps }) => steps.map(step => [step, ports.functions[name] ?? 0])),
    )
    const replicaSetPort = database.kind === 'mongod' ? ports.mongodb : null
    const simulatorsPort = simulated ? ports.simulators : null
    preparing.tell({ kind: 'prepare', wanted: { replicaSetPort, demo, simulatorsPort, functionPorts, statsPort: ports.pubsubStats } })
    await preparing.heard('prepared')
  }
  release('functions', 'market')
  await readyAt('functions', 'market')
  const syncing = plan.systems.find(({ steps }) => steps.includes('sync-accounts'))?.name
  if (prepares && at('functions').some(each => each.plan.name === syncing)) {
    preparing.tell({ kind: 'functions-up' })
    const { ledger } = await preparing.heard('synced')
    if (!ledger) warn('sync-accounts has not made the margin ledger yet: entries are denied until it has')
  } else preparing.kill()
  release('gateway')
  await readyAt('gateway')
  if (at('gateway').length > 0) await firstCall(ports.gateway, warn)
}

/** Calls every function once: what each builds up at its first call is then there before the first signal comes. */
async function firstCall(gatewayPort: number, warn: Serving['warn']): Promise<void> {
  const { status, body } = await readJson<{ reasons?: string[] }>(gatewayPort, '/health')
  if (status !== 200) warn(`not healthy: ${body?.reasons?.join('; ') ?? 'the gateway does not answer'}`)
}
