import type { AccountHierarchy } from '../../../shared/store/account-hierarchy.ts'
import { addressOf, simulatedBrokers } from './brokers.ts'

/** A fund with the simulated brokers beside its own; where they are there already, their addresses become those of this start. */
export function withSimulated(fund: AccountHierarchy, firstPort: number): AccountHierarchy {
  const simulated = simulatedBrokers.map(({ name, broker_id, broker_name, adapter, account, connection }) => ({
    broker_id,
    broker_name,
    adapter,
    connection: connection(addressOf(name, firstPort)),
    accounts: [{ ...account, status: 'ACTIVE' as const, trading_mode: 'PAPER' as const }],
  }))
  const ids = new Set(simulated.map(({ broker_id }) => broker_id))
  return { ...fund, brokers: [...fund.brokers.filter(({ broker_id }) => !ids.has(broker_id)), ...simulated] }
}
