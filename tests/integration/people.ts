import { totpCode } from '../../scripts/local/identity/totp.ts'
import type { System } from './system.ts'

/** Asks the identity server of a system as the SDKs do; the answer's fields are Identity Toolkit's. */
export async function askIdentity(system: System, call: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`http://${system.endpoints().auth_emulator_host}/identitytoolkit.googleapis.com/${call}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const answer: ReturnType<typeof JSON.parse> = await response.json()
  if (!response.ok) throw new Error(answer.error.message)
  return answer
}

/** As `firebase-admin` asks. */
export const askAsServer = (system: System, call: string, body: object) =>
  askIdentity(system, `v1/projects/${system.endpoints().project_id}/${call}`, body, { authorization: 'Bearer owner' })

/** The headers of somebody of the demo who has just signed in, with the second factor where there is one. */
export async function signInAs(system: System, role: 'admin' | 'client' | 'sender'): Promise<{ authorization: string }> {
  const user = system.endpoints().demo?.users.find(each => each.role === role)
  if (!user) throw new Error(`no demo user is ${role}`)
  const { email, password, totp_secret } = user
  const first = await askIdentity(system, 'v1/accounts:signInWithPassword', { email, password, returnSecureToken: true })
  if (!totp_secret) return { authorization: `Bearer ${first.idToken}` }
  const { idToken } = await askIdentity(system, 'v2/accounts/mfaSignIn:finalize', {
    mfaPendingCredential: first.mfaPendingCredential,
    mfaEnrollmentId: first.mfaInfo[0].mfaEnrollmentId,
    totpVerificationInfo: { verificationCode: totpCode(totp_secret, Date.now()) },
  })
  return { authorization: `Bearer ${idToken}` }
}
