import type { Person, SecondFactor } from './accounts.ts'

export const factorInfo = ({ totp_secret: _, last_period: __, is_demo: ___, ...factor }: SecondFactor) => ({ ...factor, totpInfo: {} })

/** A person as Identity Toolkit tells of one; nothing secret is in it. */
export function personInfo({ password_hash, second_factors, validSince, ...person }: Person) {
  const { email, displayName, photoUrl, createdAt, lastLoginAt, lastRefreshAt } = person
  const known = Object.fromEntries(Object.entries(person).filter(([, value]) => value !== null))
  return {
    ...known,
    createdAt: String(createdAt),
    ...(lastLoginAt === null ? {} : { lastLoginAt: String(lastLoginAt) }),
    ...(lastRefreshAt === null ? {} : { lastRefreshAt: new Date(lastRefreshAt).toISOString() }),
    validSince: String(validSince),
    providerUserInfo:
      password_hash && email
        ? [{ providerId: 'password', federatedId: email, rawId: email, email, displayName: displayName ?? '', photoUrl: photoUrl ?? '' }]
        : [],
    mfaInfo: second_factors.map(factorInfo),
  }
}
