import { DomainError, sentence } from '../domain/errors.ts'
import type { AdapterDeps, BrokerToOpen } from './adapter.ts'
import { type Broker, BrokerError } from './broker.ts'
import type { PaperDeps } from './paper/paper-broker.ts'

/** The broker of an id; each is opened once a process, and again when its entry in the hierarchy or a secret of its own has changed. */
export type Brokers<B = Broker> = (broker_id: string) => Promise<B>

type Disconnecting = Partial<Pick<Broker, 'disconnect'>>

export interface PoolDeps<B = Broker> extends PaperDeps, Pick<AdapterDeps, 'instruments'> {
  /** The broker's entry in the account hierarchy. */
  planOf(broker_id: string): Promise<BrokerToOpen>
  /** Where adapters' secrets are read by name; null where there is none. */
  secrets?: { read(name: string, options?: { fresh?: boolean }): Promise<string | null> }
  /** How one is opened: `openBroker`, or `openForDecisions` where no broker's library may be carried. */
  open(plan: BrokerToOpen, deps: AdapterDeps & PaperDeps): Promise<B>
}

/** Whether a secret was rotated is looked at no more often than this; what is read comes out of a cache. */
const LOOK_EVERY_MS = 1_000

interface Opened<B> {
  broker: Promise<B>
  plan: BrokerToOpen
  /** Values of the secrets that it was opened with. */
  secrets: Map<string, string>
  looked_at: number
}

const termsOf = ({ adapter, connection, accounts }: BrokerToOpen): string => JSON.stringify([adapter, connection, accounts])

/** What was begun with it ends by itself; nothing new comes. */
const leave = ({ broker }: Opened<Disconnecting>): void => void broker.then(each => each.disconnect?.()).catch(() => undefined)

export function brokerPool<B extends Disconnecting>({ planOf, secrets, open, ...deps }: PoolDeps<B>): Brokers<B> {
  const pool = new Map<string, Opened<B>>()

  const readSecret = async (name: string, options?: { fresh?: boolean }): Promise<string> => {
    const value = await secrets?.read(name, options)
    if (value === null || value === undefined) throw new BrokerError(sentence('SECRET_UNAVAILABLE', { name }))
    return value
  }

  const openAnew = (plan: BrokerToOpen): Opened<B> => {
    const { broker_id } = plan
    const used = new Map<string, string>()
    const secret: AdapterDeps['secret'] = async (name, { fresh, followed = false } = {}) => {
      const value = await readSecret(name, fresh === undefined ? {} : { fresh })
      if (!followed) used.set(name, value)
      return value
    }
    const opened: Opened<B> = {
      broker: open(plan, { ...deps, secret }),
      plan,
      secrets: used,
      looked_at: performance.now(),
    }
    pool.set(broker_id, opened)
    opened.broker.catch(() => {
      if (pool.get(broker_id) === opened) pool.delete(broker_id)
    })
    return opened
  }

  /** Puts a new connection in the place of one whose secrets are no longer the ones in force; the old one stays where the new one fails. */
  const followRotation = async (broker_id: string, former: Opened<B>): Promise<void> => {
    const values = await Promise.all([...former.secrets].map(async ([name, value]) => (await readSecret(name)) !== value))
    if (!values.includes(true) || pool.get(broker_id) !== former) return
    try {
      await openAnew(former.plan).broker
      await (await former.broker).disconnect?.()
    } catch (error) {
      pool.set(broker_id, former)
      throw error
    }
  }

  /** Nobody who has a broker loses it because the hierarchy cannot be read just now. */
  const planFor = (broker_id: string): Promise<BrokerToOpen> =>
    planOf(broker_id).catch((error: unknown) => {
      const known = pool.get(broker_id)
      if (!known || error instanceof DomainError) throw error
      return known.plan
    })

  return async broker_id => {
    const plan = await planFor(broker_id)
    const known = pool.get(broker_id)
    if (!known) return openAnew(plan).broker
    if (known.plan !== plan) {
      const isSame = termsOf(known.plan) === termsOf(plan)
      known.plan = plan
      if (!isSame) {
        const { broker } = openAnew(plan)
        leave(known)
        return broker
      }
    }
    if (known.secrets.size > 0 && performance.now() - known.looked_at > LOOK_EVERY_MS) {
      known.looked_at = performance.now()
      // Nobody waits for it: what is asked meanwhile goes by the connection that stands.
      followRotation(broker_id, known).catch(() => undefined)
    }
    return known.broker
  }
}
