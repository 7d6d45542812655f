import { createHash, randomBytes } from 'node:crypto'
import { KiteError } from './kite-error.ts'

const random = () => randomBytes(16).toString('hex')
const IST_MS = 5.5 * 3_600_000
const DAY_MS = 86_400_000
const REQUEST_TOKEN_LIVES_MS = 120_000

export interface App {
  api_key: string
  api_secret: string
}

interface Session {
  user_id: string
  ends: number
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Logins of users to one app: a request token is good once, an access token until the next 06:00 in India or the next login. */
export function sessions({ api_key, api_secret }: App, now: () => Date) {
  const asked = new Map<string, Session>()
  const open = new Map<string, Session>()

  const sixAfter = (at: number): number => {
    const wall = at + IST_MS
    const six = wall - (wall % DAY_MS) + 6 * 3_600_000
    return (six > wall ? six : six + DAY_MS) - IST_MS
  }
  const begin = (user_id: string): string => {
    const token = random()
    for (const [former, session] of open) if (session.user_id === user_id) open.delete(former)
    open.set(token, { user_id, ends: sixAfter(now().getTime()) })
    return token
  }

  return {
    /** What a login page hands back. */
    requestToken: (user_id: string): string => {
      const token = random()
      asked.set(token, { user_id, ends: now().getTime() + REQUEST_TOKEN_LIVES_MS })
      return token
    },
    begin,
    exchange: (form: Record<string, string>): { user_id: string; access_token: string } => {
      const { request_token = '', checksum } = form
      const session = asked.get(request_token)
      asked.delete(request_token)
      if (form.api_key !== api_key) throw new KiteError('TokenException', 'Invalid `api_key`.')
      if (!session || session.ends < now().getTime()) throw new KiteError('TokenException', 'Token is invalid or has expired.')
      if (checksum !== sha256(`${api_key}${request_token}${api_secret}`)) throw new KiteError('TokenException', 'Invalid `checksum`.')
      return { user_id: session.user_id, access_token: begin(session.user_id) }
    },
    userOf: (key: string | null, token: string | null): string => {
      const session = key === api_key && token !== null ? open.get(token) : undefined
      if (!session || session.ends <= now().getTime()) throw new KiteError('TokenException', 'Incorrect `api_key` or `access_token`.')
      return session.user_id
    },
    end: (token: string | null): void => void open.delete(token ?? ''),
    endAll: (): void => open.clear(),
  }
}
