import { timingSafeEqual } from 'node:crypto'
import type { OAuth2Client } from 'google-auth-library'

export interface CallerSettings {
  /** On one machine: what the caller shows in place of a token. */
  push_token: string | undefined
  /** In the cloud: for whom Google signs the caller's token, and which service account the caller is. */
  audience: string | undefined
  service_account: string | undefined
  /** Where Google's certificates are, for tests. */
  certificates_url: string | undefined
}

/** Whether what a request shows is the one caller's that a private function accepts. Throws where Google's certificates cannot be had. */
export type IsOwnCaller = (authorization: string | undefined) => Promise<boolean>

const CERTIFICATES_MISSING = 'Failed to retrieve verification certificates'

/** Tells the own caller of a private function from everybody else (SEC-2). Without settings Google's IAM is the only judge. */
export function openCallerCheck({ push_token, audience, service_account, certificates_url }: CallerSettings): IsOwnCaller {
  if (push_token !== undefined) return async authorization => isSame(authorization, `Bearer ${push_token}`)
  if (audience === undefined || service_account === undefined) return async () => true
  let client: Promise<OAuth2Client> | null = null
  return async authorization => {
    const [, idToken] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? []
    if (idToken === undefined) return false
    client ??= openClient(certificates_url)
    try {
      const payload = (await (await client).verifyIdToken({ idToken, audience })).getPayload()
      return payload?.email_verified === true && payload.email === service_account
    } catch (error) {
      if ((error as Error).message.startsWith(CERTIFICATES_MISSING)) throw error
      return false
    }
  }
}

/** Loaded with the first call, which in the cloud is a message from Pub/Sub, whose client has loaded it already. */
async function openClient(certificates_url: string | undefined): Promise<OAuth2Client> {
  const { OAuth2Client } = await import('google-auth-library')
  return new OAuth2Client(certificates_url ? { endpoints: { oauth2FederatedSignonPemCertsUrl: certificates_url } } : {})
}

function isSame(shown: string | undefined, wanted: string): boolean {
  const [given, own] = [Buffer.from(shown ?? ''), Buffer.from(wanted)]
  return given.length === own.length && timingSafeEqual(given, own)
}
