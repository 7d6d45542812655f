import { describe, expect, it } from 'vitest'
import type { SignedIn, Verdict } from '../../../../shared/cloud/sign-in.ts'
import { type Access, callerOf, type Question, whoIs } from '../../../../shared/runtime/access.ts'
import type { Store } from '../../../../shared/store/collection.ts'

const person = (claims: object, second_factor = false): Verdict => {
  const signedIn: SignedIn = { uid: 'u1', email: 'a@example.com', claims: { ...claims }, second_factor }
  return { kind: 'signed-in', person: signedIn }
}

const ask = (
  verdict: Verdict,
  { access = ['admin'] as Access, asked = [] as boolean[], ...rest }: Partial<Question> & { asked?: boolean[] } = {},
) =>
  callerOf({
    store: {} as Store,
    judge: async (_, { fresh }) => {
      asked.push(fresh)
      return verdict
    },
    environment: 'staging',
    access,
    method: 'GET',
    headers: { authorization: 'Bearer any' },
    params: {},
    ...rest,
  })

const refusal = (status: number, code: string) => expect.objectContaining({ input: expect.objectContaining({ status, code }) })

describe('access of people', () => {
  it('knows a person by the claim role, and whose data are his by the claims beside it', async () => {
    const caller = await ask(person({ role: 'client', client_id: 'c7' }), { access: ['client'] })
    expect(caller).toEqual({
      kind: 'person',
      person: { uid: 'u1', email: 'a@example.com', role: 'client', client_id: 'c7', sender_id: 'u1' },
    })
    expect(whoIs(caller)).toBe('a@example.com')
  })

  it('asks admins for the second factor in production only', async () => {
    const admin = { role: 'admin' }
    await expect(ask(person(admin), { environment: 'production' })).rejects.toEqual(refusal(403, 'SECOND_FACTOR_REQUIRED'))
    expect((await ask(person(admin, true), { environment: 'production' })).kind).toBe('person')
    expect((await ask(person(admin))).kind).toBe('person')
    const client = await ask(person({ role: 'client' }), { environment: 'production', access: ['client'] })
    expect(client.kind).toBe('person')
  })

  it('asks whether a token was revoked for every write', async () => {
    const asked: boolean[] = []
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) await ask(person({ role: 'admin' }), { method, asked })
    expect(asked).toEqual([false, true, true, true])
  })

  it('refuses a role that is none of ours', async () => {
    for (const role of [undefined, 'root', 'Admin', ['admin'], { admin: true }]) {
      await expect(ask(person({ role }))).rejects.toEqual(refusal(403, 'ROLE_NOT_ALLOWED'))
    }
  })

  it('tells why a token does not count', async () => {
    for (const fault of ['INVALID', 'EXPIRED', 'REVOKED', 'DISABLED'] as const) {
      await expect(ask({ kind: 'refused', fault })).rejects.toEqual(refusal(401, `TOKEN_${fault}`))
    }
    await expect(ask(person({ role: 'admin' }), { headers: {} })).rejects.toEqual(refusal(401, 'NOT_AUTHENTICATED'))
    await expect(ask(person({ role: 'admin' }), { headers: { authorization: 'Basic YTpi' } })).rejects.toEqual(
      refusal(401, 'NOT_AUTHENTICATED'),
    )
  })

  it('keeps clients and senders from the data of others', async () => {
    const client = person({ role: 'client', client_id: 'c7' })
    const access: Access = ['admin', 'client', 'sender']
    await expect(ask(client, { access, params: { client_id: 'c8' } })).rejects.toEqual(refusal(403, 'ANOTHER_CLIENT'))
    expect((await ask(client, { access, params: { client_id: 'c7' } })).kind).toBe('person')
    const sender = person({ role: 'sender', sender_id: 's1' })
    await expect(ask(sender, { access, params: { sender_id: 's2' } })).rejects.toEqual(refusal(403, 'ANOTHER_SENDER'))
    expect((await ask(person({ role: 'admin' }), { access, params: { client_id: 'c8' } })).kind).toBe('person')
  })
})
