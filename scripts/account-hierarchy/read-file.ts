import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { type AccountHierarchy, hierarchy } from '../../shared/store/account-hierarchy.ts'

const secretName = /^[a-z][a-z0-9-]{0,62}$/
/** Keys under which people write a secret itself. */
const tellsSecret = /passw|token|api_?key|api_?secret|private|credential/i

const brokersOf = hierarchy.shape.brokers.element
const strictBroker = z.strictObject({ ...brokersOf.shape, accounts: z.array(z.strictObject(brokersOf.shape.accounts.element.shape)) })
const file = z.strictObject({ ...hierarchy.shape, _id: z.string().optional(), brokers: z.array(strictBroker).min(1) })

/** A fund's hierarchy as a file says it. @throws Error with every fault of the file */
export function readHierarchyFile(path: string, fund_id: string): AccountHierarchy {
  const parsed = file.safeParse(parse(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new Error(`${path}:\n${z.prettifyError(parsed.error)}`)
  const plan = { ...parsed.data, _id: parsed.data._id ?? fund_id }
  const faults = [...(plan._id === fund_id ? [] : [`_id is ${plan._id}, but FUND_ID is ${fund_id}`]), ...faultsOf(plan)]
  if (faults.length > 0) throw new Error(`${path}:\n${faults.map(fault => `✖ ${fault}`).join('\n')}`)
  return plan
}

function faultsOf({ base_currency, brokers }: AccountHierarchy): string[] {
  const accounts = brokers.flatMap(broker => broker.accounts)
  const currencies = [base_currency, ...accounts.map(({ currency }) => currency)]
  return [
    ...repeated(brokers.map(({ broker_id }) => broker_id)).map(id => `broker_id ${id} stands there more than once`),
    ...repeated(accounts.map(({ account_id }) => account_id)).map(id => `account_id ${id} stands there more than once`),
    ...[...new Set(currencies)].filter(code => !/^[A-Z0-9]{3,6}$/.test(code)).map(code => `${code} is no currency code`),
    ...brokers.flatMap(({ broker_id, adapter, connection, accounts: own }) => [
      ...connectionFaults(connection).map(fault => `connection of ${broker_id}: ${fault}`),
      ...(adapter === 'paper' ? own.filter(({ trading_mode }) => trading_mode === 'LIVE') : []).map(
        ({ account_id }) => `${account_id} is LIVE, but ${broker_id} is a paper broker`,
      ),
    ]),
  ]
}

const repeated = (ids: string[]): string[] => [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))]

function connectionFaults(connection: Record<string, unknown>): string[] {
  return Object.entries(connection).flatMap(([key, value]) => {
    if (key === 'secret') {
      return typeof value === 'string' && secretName.test(value)
        ? []
        : ['secret must be the name of a secret: lower-case words with hyphens']
    }
    return tellsSecret.test(key) ? [`${key} has no place in a file: keep it in Secret Manager, and write its name as secret`] : []
  })
}
