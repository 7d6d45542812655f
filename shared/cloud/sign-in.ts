import { createHash } from 'node:crypto'
import { proofOf } from './sign-in-proof.ts'

/** Somebody who has signed in, as the token says. */
export interface SignedIn {
  uid: string
  email: string | null
  /** Custom claims, and all the others. */
  claims: Record<string, unknown>
  second_factor: boolean
}

/** Why a token lets nobody in. */
export type TokenFault = 'INVALID' | 'EXPIRED' | 'REVOKED' | 'DISABLED'

export type Verdict = { kind: 'signed-in'; person: SignedIn } | { kind: 'refused'; fault: TokenFault }

/** Judges an ID token; `fresh` asks whether it was revoked just now, else that may be 45 s old. Throws where Google cannot be asked. */
export type JudgeToken = (token: string, options: { fresh: boolean }) => Promise<Verdict>

const faults: Record<string, TokenFault> = {
  'auth/id-token-expired': 'EXPIRED',
  'auth/id-token-revoked': 'REVOKED',
  'auth/user-disabled': 'DISABLED',
  'auth/user-not-found': 'REVOKED',
  'auth/argument-error': 'INVALID',
  'auth/invalid-id-token': 'INVALID',
}

/** Whoever is disabled or signed out everywhere is out within a minute. */
const REMEMBER_MS = 45_000
const MOST_REMEMBERED = 5_000

interface Settings {
  project_id: string
  /** On one machine, the key of the proof that tokens carry in place of a signature. */
  proof_key: string | undefined
}

/** Checks ID tokens of Firebase Auth with Google's own library, which is loaded for the first of them. */
export function openSignIn(settings: Settings): JudgeToken {
  const known = new Map<string, { verdict: Verdict; until: number }>()
  return async (token, { fresh }) => {
    const key = createHash('sha256').update(token).digest('base64url')
    const remembered = known.get(key)
    if (!fresh && remembered && remembered.until > Date.now()) return remembered.verdict
    const { verdict, expires } = await judge(token, settings)
    known.delete(key)
    if (verdict.kind === 'signed-in') known.set(key, { verdict, until: Math.min(Date.now() + REMEMBER_MS, expires) })
    for (const oldest of known.keys()) {
      if (known.size <= MOST_REMEMBERED) break
      known.delete(oldest)
    }
    return verdict
  }
}

const refused = (fault: TokenFault): { verdict: Verdict; expires: number } => ({ verdict: { kind: 'refused', fault }, expires: 0 })

async function judge(token: string, { project_id, proof_key }: Settings): Promise<{ verdict: Verdict; expires: number }> {
  if (proof_key !== undefined && !isProven(token, proof_key)) return refused('INVALID')
  try {
    const { uid, email = null, firebase, exp, ...claims } = await (await auth(project_id)).verifyIdToken(token, true)
    const person = { uid, email, claims, second_factor: firebase.sign_in_second_factor !== undefined }
    return { verdict: { kind: 'signed-in', person }, expires: exp * 1000 }
  } catch (error) {
    const fault = faults[(error as { code?: string }).code ?? '']
    if (!fault) throw error
    return refused(fault)
  }
}

async function auth(projectId: string) {
  const [{ getApps, initializeApp }, { getAuth }] = await Promise.all([import('firebase-admin/app'), import('firebase-admin/auth')])
  const name = `sign-in to ${projectId}`
  return getAuth(getApps().find(app => app.name === name) ?? initializeApp({ projectId }, name))
}

function isProven(token: string, key: string): boolean {
  try {
    const { proof, ...claims } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return proof === proofOf(key, claims)
  } catch {
    return false
  }
}
