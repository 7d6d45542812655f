import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Refusal } from './refusal.ts'

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>
const LENGTH = 32
const SHORTEST = 6

export async function hashPassword(password: string): Promise<string> {
  if (password.length < SHORTEST) throw new Refusal('WEAK_PASSWORD : Password should be at least 6 characters')
  const salt = randomBytes(16)
  return `${salt.toString('base64url')}.${(await derive(password, salt, LENGTH)).toString('base64url')}`
}

export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [salt = '', wanted = ''] = hash.split('.')
  const given = await derive(password, Buffer.from(salt, 'base64url'), LENGTH)
  return timingSafeEqual(given, Buffer.from(wanted, 'base64url'))
}
