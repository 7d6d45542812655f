import { existsSync } from 'node:fs'
import { PubSub } from '@google-cloud/pubsub'
import { openPublisher } from '../../../shared/cloud/publisher.ts'
import { openSecrets } from '../../../shared/cloud/secrets.ts'
import { baseEnvironment, readEnvironment } from '../../../shared/runtime/configuration.ts'
import { SEALING_SECRET } from '../../../shared/runtime/sealed.ts'
import { accountsOf, readHierarchy } from '../../../shared/store/account-hierarchy.ts'
import { fundStates } from '../../../shared/store/accounts.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { marginLedger } from '../../../shared/store/margin-ledger.ts'
import { applyCollections } from '../../../shared/store/migrate.ts'
import { openStore } from '../../../shared/store/open.ts'
import { openShadowBook } from '../../../shared/store/shadow-book.ts'
import { declareCollections } from '../../declare-collections.ts'
import type { Pipeline } from '../../pipeline.ts'
import { loadDemo } from '../demo/load.ts'
import type { Wanted } from './messages.ts'
import { initiateReplicaSet } from './replica-set.ts'
import { applyTopics } from './topics.ts'

const config = readEnvironment(baseEnvironment, process.env)

/** Collections, topics, subscriptions and demo data, each as it should be; what is already so stays. */
export async function prepare(
  pipeline: Pipeline,
  { replicaSetPort, demo, simulatorsPort, functionPorts, statsPort }: Wanted,
): Promise<Store> {
  const store = openStore(config)
  const collections = async () => {
    if (replicaSetPort !== null) await initiateReplicaSet(replicaSetPort)
    await declareCollections()
    await applyCollections(store)
    if (demo)
      await loadDemo(store, {
        secrets: demo,
        sealing_key: await openSecrets(config).read(SEALING_SECRET),
        now: new Date(),
        simulatorsPort,
        paperBroker: process.env.PAPER_BROKER_URL ? { url: process.env.PAPER_BROKER_URL } : {},
      })
    if (process.env.CEREBRO_SHADOW) await openShadowBook(store, process.env.CEREBRO_SHADOW)
  }
  const topics = applyTopics(new PubSub({ projectId: config.GOOGLE_CLOUD_PROJECT }), {
    pipeline,
    endpointOf: step => `http://127.0.0.1:${functionPorts[step]}/${step}`,
    backlogOf: name => backlogOf(statsPort, name),
  })
  await Promise.all([collections(), topics])
  return store
}

const backlogOf = async (statsPort: number, name: string): Promise<number> => {
  const answer = await fetch(`http://127.0.0.1:${statsPort}/stats`)
  const stats = (await answer.json()) as { subscription: string; backlog: number }[]
  return stats.find(({ subscription }) => subscription.endsWith(`/${name}`))?.backlog ?? 0
}

const syncStep = new URL('../../../functions/sync-accounts/index.ts', import.meta.url)
const WAIT_MS = 10_000
/** Totals may be refused, for want of a rate: then nobody waits for them. */
const TOTALS_WAIT_MS = 3_000
const POLL_MS = 25

/** Asks for a first reading of all accounts and waits for the ledger and the totals that follow from it; false without a ledger after 10 s. */
export async function firstSync(store: Store): Promise<boolean> {
  const fund = await readHierarchy(store)
  if (!fund || accountsOf(fund).length === 0 || !existsSync(syncStep)) return true
  const data = Buffer.from(JSON.stringify({ scheduled_at: new Date() }))
  await openPublisher(config.GOOGLE_CLOUD_PROJECT).publish({ topic: 'run-sync-accounts', ordering_key: '', attributes: {}, data })
  const ledger = await appears(store, marginLedger, WAIT_MS)
  if (ledger) await appears(store, fundStates, TOTALS_WAIT_MS)
  return ledger
}

async function appears(store: Store, { name }: { name: string }, within_ms: number): Promise<boolean> {
  const deadline = Date.now() + within_ms
  while (!(await store.db.collection(name).findOne({ fund_id: store.fund_id }, { projection: { _id: 1 } }))) {
    if (Date.now() > deadline) return false
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  return true
}
