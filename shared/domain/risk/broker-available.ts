import { type Check, deny, sized } from './check.ts'

/** Denies an entry while the account's broker is disconnected or needs a login; one that nobody looked at yet is taken to be there. */
export const brokerAvailable: Check = (proposed, { state: { account } }) => {
  const figures = { broker_id: account?.broker_id ?? 'none', status: account?.broker_status ?? 'not known' }
  const away = account?.broker_status === 'DISCONNECTED' || account?.broker_status === 'NEEDS_LOGIN'
  return away ? deny('BROKER_UNAVAILABLE', figures) : sized(proposed, figures)
}
