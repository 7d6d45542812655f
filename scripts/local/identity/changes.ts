import type { Accounts, Person } from './accounts.ts'
import { hashPassword } from './passwords.ts'
import { Refusal } from './refusal.ts'

export interface PersonChanges {
  email?: unknown
  emailVerified?: unknown
  displayName?: unknown
  photoUrl?: unknown
  phoneNumber?: unknown
  password?: unknown
  disabled?: unknown
  customAttributes?: unknown
  /** Seconds. */
  validSince?: unknown
}

const LONGEST_CLAIMS = 1000

/** A person with changes made, checked as Identity Toolkit does; nothing is stored. A new password ends every session. */
export async function changed(accounts: Accounts, person: Person, changes: PersonChanges): Promise<Person> {
  const { email, emailVerified, displayName, photoUrl, phoneNumber, password, disabled, customAttributes, validSince } = changes
  const next = { ...person }
  if (email !== undefined) next.email = freeEmail(accounts, person, String(email))
  if (emailVerified !== undefined) next.emailVerified = emailVerified === true
  if (displayName !== undefined) next.displayName = text(displayName)
  if (photoUrl !== undefined) next.photoUrl = text(photoUrl)
  if (phoneNumber !== undefined) next.phoneNumber = text(phoneNumber)
  if (disabled !== undefined) next.disabled = disabled === true
  if (customAttributes !== undefined) next.customAttributes = claims(String(customAttributes))
  if (validSince !== undefined) next.validSince = Number(validSince)
  if (password !== undefined) {
    const now = Date.now()
    Object.assign(next, { password_hash: await hashPassword(String(password)), passwordUpdatedAt: now, validSince: Math.floor(now / 1000) })
  }
  return next
}

const text = (value: unknown): string | null => (value === null || value === '' ? null : String(value))

function freeEmail(accounts: Accounts, person: Person, given: string): string {
  const email = given.toLowerCase()
  if (!/^[^@\s]+@[^@\s]+$/.test(email)) throw new Refusal('INVALID_EMAIL')
  const holder = accounts.byEmail(email)
  if (holder && holder.localId !== person.localId) throw new Refusal('EMAIL_EXISTS')
  return email
}

function claims(json: string): string {
  if (json.length > LONGEST_CLAIMS) throw new Refusal('CLAIMS_TOO_LARGE')
  try {
    JSON.parse(json)
  } catch {
    throw new Refusal('INVALID_CLAIMS')
  }
  return json
}
