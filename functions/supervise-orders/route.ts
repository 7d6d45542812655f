import type { BrokerPlan } from '../../shared/store/account-hierarchy.ts'

/** Which executor takes an account's orders: the one that holds its broker's socket, or the step. */
export const routeOf = ({ adapter }: Pick<BrokerPlan, 'adapter'>): 'gateway' | 'direct' => (adapter === 'ibkr' ? 'gateway' : 'direct')
