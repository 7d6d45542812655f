import { createHmac, timingSafeEqual } from 'node:crypto'

const macOf = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('base64url')

/** Text that only this server can have made: it need not be kept to be believed. */
export function seal(key: string, kind: string, content: object): string {
  const text = Buffer.from(JSON.stringify({ ...content, kind })).toString('base64url')
  return `${text}.${macOf(key, text)}`
}

/** What was sealed as this kind, or null where it was not sealed here. */
export function unseal<T>(key: string, kind: string, sealed: string): T | null {
  const [text = '', mac = ''] = sealed.split('.')
  const [given, wanted] = [Buffer.from(mac), Buffer.from(macOf(key, text))]
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null
  const content = JSON.parse(Buffer.from(text, 'base64url').toString())
  return content.kind === kind ? content : null
}
