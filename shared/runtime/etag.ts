import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { HttpAnswer } from './route.ts'

/** Answers with a body and its version, or with 304 where the caller has that version. */
export function answerVersioned(body: unknown, headers: IncomingHttpHeaders): HttpAnswer {
  const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`
  const own = { etag, 'cache-control': 'no-cache' }
  const known = headers['if-none-match']?.split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)
  return known ? { status: 304, headers: own, body: undefined } : { headers: own, body }
}
