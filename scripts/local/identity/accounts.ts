import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writePrivateFile } from '../runner/private-file.ts'

export interface SecondFactor {
  mfaEnrollmentId: string
  displayName: string
  enrolledAt: string
  /** Base 32. */
  totp_secret: string
  /** Period of the last code that signed in: neither it nor an earlier one does so again. */
  last_period?: number
  /** The demo's: its secret is shown to everybody of the machine, several of whom sign in within one period. */
  is_demo?: true
}

export interface Person {
  localId: string
  email: string | null
  emailVerified: boolean
  displayName: string | null
  photoUrl: string | null
  phoneNumber: string | null
  /** Null where only a custom token signs in. */
  password_hash: string | null
  disabled: boolean
  /** JSON, as the Admin SDK sets it. */
  customAttributes: string | null
  second_factors: SecondFactor[]
  /** Milliseconds. */
  createdAt: number
  passwordUpdatedAt: number
  lastLoginAt: number | null
  lastRefreshAt: number | null
  /** Seconds: what was signed in before is out. */
  validSince: number
}

export interface Accounts {
  all(): readonly Person[]
  byId(localId: string): Person | undefined
  byEmail(email: string): Person | undefined
  put(person: Person): void
  remove(localId: string): boolean
}

/** The people of a data directory, in one file that only its owner reads; every change is on the disk when it is answered. */
export function openAccounts(file: string): Accounts {
  const people = new Map(read(file).people.map(person => [person.localId, person]))
  const save = () => writePrivateFile(file, { people: [...people.values()] })
  return {
    all: () => [...people.values()],
    byId: localId => people.get(localId),
    byEmail: email => [...people.values()].find(person => person.email === email.toLowerCase()),
    put(person) {
      people.set(person.localId, person)
      save()
    },
    remove(localId) {
      const had = people.delete(localId)
      if (had) save()
      return had
    },
  }
}

const read = (file: string): { people: Person[] } => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { people: [] }
    throw error
  }
}

/** Somebody who can do nothing yet. */
export const newPerson = (localId?: string): Person => ({
  localId: localId ?? randomBytes(21).toString('base64url'),
  email: null,
  emailVerified: false,
  displayName: null,
  photoUrl: null,
  phoneNumber: null,
  password_hash: null,
  disabled: false,
  customAttributes: null,
  second_factors: [],
  createdAt: Date.now(),
  passwordUpdatedAt: Date.now(),
  lastLoginAt: null,
  lastRefreshAt: null,
  validSince: Math.floor(Date.now() / 1000),
})
