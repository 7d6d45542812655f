import { newPerson, type Person } from './accounts.ts'
import { changed, type PersonChanges } from './changes.ts'
import type { Call, Input } from './client-calls.ts'
import { Refusal } from './refusal.ts'
import type { Surroundings } from './tokens.ts'
import { personInfo } from './wire.ts'

const personOf = ({ accounts }: Surroundings, { localId }: Input): Person => {
  const person = accounts.byId(String(localId))
  if (!person) throw new Refusal('USER_NOT_FOUND')
  return person
}

/** The Admin SDK's names for what may change, and for what shall be empty. */
function changesIn(input: Input): PersonChanges {
  const { disableUser, disabled = disableUser, deleteAttribute, ...rest } = input
  const emptied = Object.fromEntries(
    (Array.isArray(deleteAttribute) ? deleteAttribute : []).map(name => [name === 'DISPLAY_NAME' ? 'displayName' : 'photoUrl', null]),
  )
  return { ...rest, ...emptied, ...(disabled === undefined ? {} : { disabled }) }
}

interface Mfa {
  enrollments?: { mfaEnrollmentId?: string; displayName?: string }[]
}

/** Which second factors stay; enrolling a new one needs its owner, who has the secret. */
function keptFactors({ second_factors }: Person, mfa: unknown): Person['second_factors'] {
  if (mfa === undefined) return second_factors
  const wanted = (mfa as Mfa).enrollments ?? []
  if (wanted.some(({ mfaEnrollmentId }) => !second_factors.some(factor => factor.mfaEnrollmentId === mfaEnrollmentId))) {
    throw new Refusal('UNSUPPORTED_FIRST_FACTOR')
  }
  return second_factors.filter(factor => wanted.some(({ mfaEnrollmentId }) => mfaEnrollmentId === factor.mfaEnrollmentId))
}

const create: Call = async (surroundings, input) => {
  const { localId } = input
  if (localId !== undefined && surroundings.accounts.byId(String(localId))) throw new Refusal('DUPLICATE_LOCAL_ID')
  const fresh = newPerson(localId === undefined ? undefined : String(localId))
  const person = await changed(surroundings.accounts, fresh, changesIn(input))
  surroundings.accounts.put(person)
  return { localId: person.localId, email: person.email }
}

const update: Call = async (surroundings, input) => {
  const before = personOf(surroundings, input)
  const after = await changed(surroundings.accounts, before, changesIn(input))
  surroundings.accounts.put({ ...after, second_factors: keptFactors(before, input.mfa) })
  return { localId: after.localId, email: after.email }
}

const listed = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

const lookup: Call = ({ accounts }, input) => {
  const [ids, emails, phones] = [listed(input.localId), listed(input.email), listed(input.phoneNumber)]
  const users = accounts
    .all()
    .filter(
      ({ localId, email, phoneNumber }) =>
        ids.includes(localId) || (email !== null && emails.includes(email)) || (phoneNumber !== null && phones.includes(phoneNumber)),
    )
  return users.length > 0 ? { users: users.map(personInfo) } : { kind: 'identitytoolkit#GetAccountInfoResponse' }
}

const remove: Call = (surroundings, input) => {
  surroundings.accounts.remove(personOf(surroundings, input).localId)
  return { kind: 'identitytoolkit#DeleteAccountResponse' }
}

const removeMany: Call = ({ accounts }, { localIds }) => {
  for (const localId of listed(localIds)) accounts.remove(localId)
  return { errors: [] }
}

const LONGEST_PAGE = 1000

const list: Call = ({ accounts }, { maxResults, nextPageToken }) => {
  const from = Number(nextPageToken ?? 0)
  const until = from + Math.min(Number(maxResults ?? LONGEST_PAGE), LONGEST_PAGE)
  const people = accounts.all()
  const users = people.slice(from, until).map(personInfo)
  return { users, ...(until < people.length ? { nextPageToken: String(until) } : {}) }
}

/** What `firebase-admin` calls, by the address under its project. */
export const adminCalls: Record<string, Call> = {
  accounts: create,
  'accounts:update': update,
  'accounts:lookup': lookup,
  'accounts:delete': remove,
  'accounts:batchDelete': removeMany,
  'accounts:batchGet': list,
}
