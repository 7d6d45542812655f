import { BrokerError } from '../../shared/brokers/broker.ts'
import { type AccountPlace, loginUrlOf, readApp, readConnection, type Settings } from '../../shared/brokers/zerodha/connection.ts'
import { readLogin } from '../../shared/brokers/zerodha/login.ts'
import type { Secrets } from '../../shared/cloud/cached-secrets.ts'
import { sentence } from '../../shared/domain/errors.ts'
import type { BrokerPlan } from '../../shared/store/account-hierarchy.ts'

export const wantsLogin = ({ adapter }: BrokerPlan): boolean => adapter === 'zerodha'

/** Secrets as adapters ask for them. */
export const secretOf =
  (secrets: Secrets) =>
  async (name: string, { fresh = false }: { fresh?: boolean } = {}): Promise<string> => {
    const value = await secrets.read(name, { fresh })
    if (value === null) throw new BrokerError(sentence('SECRET_UNAVAILABLE', { name }))
    return value
  }

interface LoginStanding {
  login_url: string | null
  expires_at: Date | null
  expires_in_s: number | null
  needs_login: string[]
}

interface Looking {
  secrets: Secrets
  now: Date
}

/** How the day's logins of a broker's accounts stand, by its secrets; nobody is asked. Null where it wants none. */
export async function loginStanding(plan: BrokerPlan, { secrets, now }: Looking): Promise<LoginStanding | null> {
  if (!wantsLogin(plan)) return null
  const open = plan.accounts.filter(({ status }) => status !== 'CLOSED')
  try {
    const settings = readConnection({ ...plan, accounts: open })
    const places = [...settings.accounts.values()]
    const logins = await Promise.all(places.map(place => readLogin({ now: () => now, secret: secretOf(secrets) }, place)))
    const ends = logins.flatMap(login => (login?.expires_at ? [login.expires_at.getTime()] : []))
    const expires_at = ends.length > 0 ? new Date(Math.min(...ends)) : null
    return {
      login_url: await loginAddress(settings, places, secrets),
      expires_at,
      expires_in_s: expires_at && Math.round((expires_at.getTime() - now.getTime()) / 1000),
      needs_login: places.flatMap(({ account_id }, index) => (logins[index] ? [] : [account_id])),
    }
  } catch (error) {
    // Without its secrets nobody can log in: its connection says what is missing.
    if (error instanceof BrokerError) return { login_url: null, expires_at: null, expires_in_s: null, needs_login: [] }
    throw error
  }
}

const loginAddress = async (settings: Settings, [place]: readonly AccountPlace[], secrets: Secrets): Promise<string | null> =>
  place ? loginUrlOf(settings, await readApp({ secret: secretOf(secrets) }, place)) : null
