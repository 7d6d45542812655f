import { sentence } from '../../domain/errors.ts'

/** What an error of Kite means for the order that was asked for. `login`: today's token is not valid, so nothing was taken. */
export type Meaning = 'rejected' | 'unknown' | 'login'

interface DocumentedError {
  error_type: string
  /** Part of its message, where the type alone does not tell. */
  says?: RegExp
  meaning: Meaning
  when: string
}

/** Every error that Kite documents; the first row that fits counts. The client hides the HTTP status, so the type has to tell. */
export const documentedErrors: readonly DocumentedError[] = [
  { error_type: 'TokenException', meaning: 'login', when: 'the login has ended, or was never made (403)' },
  { error_type: 'UserException', meaning: 'rejected', when: 'the user’s account does not allow it' },
  { error_type: 'PermissionException', meaning: 'rejected', when: 'the app or its address is not allowed to do this (403)' },
  {
    error_type: 'OrderException',
    says: /tim(ed|e)[ -]?out|order ?book/i,
    meaning: 'unknown',
    when: 'Kite itself does not know what became of it',
  },
  { error_type: 'OrderException', meaning: 'rejected', when: 'the order cannot be placed, changed or canceled as it is' },
  { error_type: 'InputException', meaning: 'rejected', when: 'a parameter is missing or wrong (400)' },
  { error_type: 'MarginException', meaning: 'rejected', when: 'there is not enough money for it' },
  { error_type: 'HoldingException', meaning: 'rejected', when: 'there are not enough shares to sell' },
  { error_type: 'NetworkException', says: /too many requests/i, meaning: 'rejected', when: 'too many requests: nothing was taken (429)' },
  { error_type: 'NetworkException', meaning: 'unknown', when: 'Kite could not reach its order system, or nobody answered (502, 503, 504)' },
  {
    error_type: 'DataException',
    meaning: 'unknown',
    when: 'Kite could not read its order system, or the client could not read Kite (500, 502)',
  },
  { error_type: 'GeneralException', meaning: 'unknown', when: 'something broke at Kite (500)' },
]

export interface Refusal {
  error_type: string
  message: string
}

/** What became of an order whose request was refused; an error outside the table leaves it unknown. */
export const meaningOf = ({ error_type, message }: Refusal): Meaning =>
  documentedErrors.find(row => row.error_type === error_type && (row.says?.test(message) ?? true))?.meaning ?? 'unknown'

const MOST = 300

/** What was thrown, or came in place of an answer, as Kite's error; the secrets that a request carries are taken out of its words. */
export function refusalOf(error: unknown, secrets: readonly string[]): Refusal {
  const { error_type, message } = (typeof error === 'object' && error !== null ? error : { message: error }) as Partial<Refusal>
  const type = typeof error_type === 'string' ? error_type : 'UNREADABLE'
  return { error_type: type, message: scrubbed(String(message ?? 'no reason given'), secrets).slice(0, MOST) }
}

/** As long as Kite's tokens, of today or of before; nothing else that it tells is. */
const token = /[A-Za-z0-9]{28,}/g

/** A text without what must never be told. */
const scrubbed = (text: string, secrets: readonly string[]): string =>
  secrets
    .filter(secret => secret.length > 3)
    .reduce((told, secret) => told.replaceAll(secret, '…'), text)
    .replace(token, '…')

export const inWords = ({ error_type, message }: Refusal): string => sentence('KITE', { error_type, message })
