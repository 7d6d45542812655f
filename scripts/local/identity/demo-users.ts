import { randomBytes } from 'node:crypto'
import { type Accounts, newPerson } from './accounts.ts'
import { hashPassword } from './passwords.ts'

/** Somebody of the demo fund, with what signs in. */
export interface DemoUser {
  email: string
  password: string
  role: string
  /** Base 32; null without a second factor. */
  totp_secret: string | null
}

/** Puts people where there is nobody of their e-mail address; who is there stays as he is. */
export async function putDemoUsers(accounts: Accounts, users: readonly DemoUser[]): Promise<void> {
  for (const { email, password, role, totp_secret } of users) {
    if (accounts.byEmail(email)) continue
    const localId = `demo_${role}`
    accounts.put({
      ...newPerson(localId),
      email,
      emailVerified: true,
      displayName: `Demo ${role}`,
      password_hash: await hashPassword(password),
      customAttributes: JSON.stringify({ role, ...(role === 'admin' ? {} : { [`${role}_id`]: localId }) }),
      second_factors: totp_secret
        ? [
            {
              mfaEnrollmentId: randomBytes(12).toString('base64url'),
              displayName: 'Demo',
              enrolledAt: new Date().toISOString(),
              totp_secret,
              is_demo: true,
            },
          ]
        : [],
    })
  }
}
