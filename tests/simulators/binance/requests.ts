import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Book, SimAccount } from './book.ts'
import { Refusal, refuse } from './refusals.ts'

export interface Request {
  method: string
  path: string
  params: URLSearchParams
  /** What the signature is of. */
  signed: string
  apiKey: string
}

export async function read(message: IncomingMessage): Promise<Request> {
  const { pathname, search } = new URL(message.url ?? '/', 'http://127.0.0.1')
  const body = Buffer.concat(await message.toArray()).toString()
  const query = search.slice(1)
  const whole = query + body
  return {
    method: message.method ?? 'GET',
    path: pathname,
    params: new URLSearchParams([query, body].filter(Boolean).join('&')),
    signed: whole.replace(/&?signature=[^&]*/, ''),
    apiKey: String(message.headers['x-mbx-apikey'] ?? ''),
  }
}

export const needed = (params: URLSearchParams, name: string): string =>
  params.get(name) ?? refuse(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`)

export function ownerOf({ accounts }: Book, apiKey: string): SimAccount {
  if (apiKey === '') throw new Refusal(-2014, 'API-key format invalid.', { status: 401 })
  const account = accounts.find(each => each.apiKey === apiKey)
  if (!account) throw new Refusal(-2015, 'Invalid API-key, IP, or permissions for action.', { status: 401 })
  return account
}

/** The account whose key and signature a request carries, if its time stamp is one of now. */
export function authorized(book: Book, { apiKey, params, signed }: Request): SimAccount {
  const account = ownerOf(book, apiKey)
  const timestamp = Number(needed(params, 'timestamp'))
  const window = Number(params.get('recvWindow') ?? 5_000)
  if (timestamp > book.now() + 1_000) refuse(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
  if (book.now() - timestamp > window) refuse(-1021, 'Timestamp for this request is outside of the recvWindow.')
  const expected = createHmac('sha256', account.secret).update(signed).digest('hex')
  if (params.get('signature') !== expected) refuse(-1022, 'Signature for this request is not valid.')
  return account
}
