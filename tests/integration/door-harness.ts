import { createHmac } from 'node:crypto'
import { type DoorAnswer, openDoor } from '../../functions/ingest-signal/door.ts'
import { declareCollections } from '../../scripts/declare-collections.ts'
import { loadDemo } from '../../scripts/local/demo/load.ts'
import { demoStrategies } from '../../scripts/local/demo/strategies.ts'
import { seal } from '../../shared/runtime/sealed.ts'
import type { Store } from '../../shared/store/collection.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'
import { startDatabase } from './runtime-harness.ts'

const SEALING_KEY = Buffer.alloc(32, 7).toString('base64')
const secrets = { read: async () => SEALING_KEY }

/** What each demo strategy shows in these tests. */
export const shownBy = (strategy_id: string) => ({
  passphrase: `the passphrase of ${strategy_id}`,
  api_key: `sk_${strategy_id}_key`,
  hmac_secret: `the key of ${strategy_id}`,
})

export const sealedFor = (strategy_id: string, secret: string) => seal(secret, { key: SEALING_KEY, bound_to: strategy_id })

/** A delivery as a test writes it. */
export interface Sent {
  body: string | object
  headers?: Record<string, string>
  address?: string
  path_token?: string
  now?: Date
}

/** The headers of a signed request. */
export function signed(body: string, { secret, at }: { secret: string; at: Date }): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  return { 'x-timestamp': timestamp, 'x-signature': `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}` }
}

/** The demo fund in a database of its own, and the door to it. Nothing is published: what is stored waits in its outbox. */
export async function startDoor(database: string) {
  const { uri } = await startDatabase()
  const store = openStore({ MONGODB_URI: uri, MONGODB_DATABASE: database, FUND_ID: 'mathematricks_fund' })
  await declareCollections()
  await applyCollections(store)
  const shown = Object.fromEntries(demoStrategies.map(({ strategy_id }) => [strategy_id, shownBy(strategy_id)]))
  await loadDemo(store, {
    secrets: shown,
    sealing_key: SEALING_KEY,
    paperBroker: {},
    simulatorsPort: null,
    now: new Date('2026-01-01T00:00:00Z'),
  })
  const parts = { store, secrets, flush: async () => undefined, config: { ENVIRONMENT: 'staging' as const, PUBLIC_URL: 'http://door' } }
  const door = openDoor(parts)
  const send = ({ body, headers = {}, address = '203.0.113.7', path_token, now = new Date() }: Sent): Promise<Answered> =>
    door({
      rawBody: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      headers,
      address,
      path_token: path_token ?? null,
      now,
      log: { info: () => undefined, warning: () => undefined, error: () => undefined },
    }) as Promise<Answered>
  return { store, parts, send }
}

/** Answers are looked at field by field; their schemas are the product's to keep. */
type Answered = Omit<DoorAnswer, 'body'> & { body: ReturnType<typeof JSON.parse> }

export const signalsOf = (store: Store, strategy_id: string) =>
  store.db.collection('trading_signals').find({ strategy_id }).sort({ signal_id: 1 }).toArray()
