import { z } from 'zod'
import { BrokerConnectionError, BrokerError } from '../../shared/brokers/broker.ts'
import { type AccountPlace, readApp, readConnection, type Settings } from '../../shared/brokers/zerodha/connection.ts'
import { exchangeToken, heldLogin, type Login } from '../../shared/brokers/zerodha/login.ts'
import { date, identifier } from '../../shared/messages/codecs.ts'
import { auditPerson } from '../../shared/runtime/audit.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import { type Routes, route } from '../../shared/runtime/route.ts'
import { secretOf, wantsLogin } from './daily-login.ts'
import { brokerOf, type Sources } from './sources.ts'

/** The token alone, or the whole address that the broker's login page sent the person back to. */
const requestToken = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .transform(text => /[?&]request_token=([^&#]+)/.exec(text)?.[1] ?? text)
  .pipe(z.string().regex(/^[A-Za-z0-9]{1,128}$/, 'is no request token'))

const loggedIn = z.object({
  status: z.literal('success'),
  broker_id: identifier,
  account_ids: z.array(identifier),
  user_id: z.string(),
  expires_at: date,
})

/** The day's login at brokers that want one of a person. */
export const loginRoutes = ({ store, secrets, publisher }: Sources): Routes => ({
  'POST /api/v1/brokers/:broker_id/login': route({
    summary: 'Make a broker’s request token, which its login page hands over, the login of the day',
    access: ['admin'],
    params: z.object({ broker_id: identifier }),
    body: z.strictObject({ request_token: requestToken, account_id: identifier.optional() }),
    answer: loggedIn,
    handle: async ({ params: { broker_id }, body: { request_token, account_id }, caller, address, now }) => {
      const plan = await brokerOf(store, broker_id)
      if (!wantsLogin(plan))
        throw new Problem({ status: 409, code: 'NO_LOGIN_NEEDED', detail: `${broker_id} is connected to without a person’s login.` })
      const settings = readConnection(plan)
      const asked = placeOf(settings, account_id)
      const app = await readApp({ secret: secretOf(secrets) }, asked).catch(refused)
      const login = await exchangeToken({ settings, app, request_token, now }).catch(refused)
      const places = placesOf(settings, { login, asked, account_id })
      const account_ids = places.map(place => place.account_id)
      const after = { account_ids, user_id: login.user_id, expires_at: login.expires_at?.toISOString() ?? null }
      await auditPerson(store, { caller, address, now, what: `broker ${broker_id}: login`, after, reason: 'the day’s login' })
      for (const place of places) await secrets.write(place.login_secret, heldLogin(login))
      for (const each of account_ids) {
        const data = Buffer.from(JSON.stringify({ account_id: each, requested_at: now }))
        await publisher.publish({ topic: 'sync-requests', ordering_key: each, attributes: {}, data })
      }
      const { user_id, expires_at } = login
      return { body: { status: 'success' as const, broker_id, account_ids, user_id: user_id ?? '', expires_at: expires_at ?? now } }
    },
  }),
})

/** Whose app the login goes through: the account that is named, or any, since a token tells whose it is. */
function placeOf({ accounts }: Settings, account_id: string | undefined): AccountPlace {
  const found = account_id === undefined ? accounts.values().next().value : accounts.get(account_id)
  if (!found) throw new Problem({ status: 404, code: 'UNKNOWN_ACCOUNT', detail: `The broker has no account ${account_id ?? ''}.` })
  return found
}

interface Made {
  login: Login
  asked: AccountPlace
  account_id: string | undefined
}

/** The accounts that a login is for: those of its user; where no users are named, the one that was asked for, or the only one. */
function placesOf({ accounts }: Settings, { login: { user_id }, asked, account_id }: Made): AccountPlace[] {
  const all = [...accounts.values()].filter(({ secret }) => secret === asked.secret)
  const own = all.filter(place => place.user_id !== null && place.user_id === user_id)
  if (own.length > 0 && (account_id === undefined || own.includes(asked))) return own
  if (asked.user_id === null && (account_id !== undefined || accounts.size === 1)) return [asked]
  const detail =
    account_id === undefined
      ? `${user_id} is the user of none of its accounts; name the account.`
      : `${user_id} is not the user of ${account_id}.`
  throw new Problem({ status: 409, code: 'ANOTHER_USER', detail })
}

/** Kite's own words have no secret in them. */
const refused = (error: unknown): never => {
  if (error instanceof BrokerError) throw new Problem({ status: 422, code: 'LOGIN_REFUSED', detail: `${error.message}. Log in once more.` })
  if (error instanceof BrokerConnectionError)
    throw new Problem({
      status: 503,
      code: 'BROKER_UNAVAILABLE',
      detail: `${error.message}. Log in once more.`,
      headers: { 'retry-after': '5' },
    })
  throw error
}
