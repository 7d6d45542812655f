import { sentence } from '../../domain/errors.ts'

/** What an error of Alpaca's trading API means for the order that was asked for. `taken`: an order of this client id is already there. */
export type Meaning = 'rejected' | 'unknown' | 'taken'

interface DocumentedError {
  status: number
  code: number | null
  /** Part of its message, where the code alone does not tell. */
  says?: RegExp
  meaning: Meaning
  when: string
}

/** Every error that Alpaca documents or is known to give for orders; the first row that fits counts. */
export const documentedErrors: readonly DocumentedError[] = [
  { status: 422, code: 40010001, says: /client_order_id must be unique/i, meaning: 'taken', when: 'the client id was used before' },
  { status: 422, code: 40010001, meaning: 'rejected', when: 'a parameter is wrong, or not allowed for this account' },
  { status: 400, code: 40010000, meaning: 'rejected', when: 'the body cannot be read' },
  { status: 400, code: 40010001, meaning: 'rejected', when: 'a parameter is wrong' },
  { status: 401, code: 40110000, meaning: 'rejected', when: 'the keys are missing or wrong' },
  { status: 403, code: 40310000, meaning: 'rejected', when: 'buying power, shares or permission are lacking; wash trade; suspended' },
  { status: 403, code: 40310100, meaning: 'rejected', when: 'the order would make the account a pattern day trader’s' },
  { status: 404, code: 40410000, meaning: 'rejected', when: 'there is no such order, position or asset' },
  { status: 422, code: 42210000, meaning: 'rejected', when: 'the order cannot be placed, changed or canceled as it is' },
  { status: 429, code: 42910000, meaning: 'rejected', when: 'too many requests: nothing was taken' },
  { status: 408, code: null, meaning: 'unknown', when: 'Alpaca waited too long for itself' },
  { status: 425, code: null, meaning: 'unknown', when: 'it is too early' },
  { status: 500, code: 50010000, meaning: 'unknown', when: 'something broke at Alpaca' },
  { status: 502, code: null, meaning: 'unknown', when: 'a gateway had no answer' },
  { status: 503, code: 50310000, meaning: 'unknown', when: 'Alpaca is away' },
  { status: 504, code: 50410000, meaning: 'unknown', when: 'the venue did not answer Alpaca in time' },
]

/** An answer other than success. `code` and `message` are null where the body is no error of Alpaca's. */
export interface Refusal {
  status: number
  code: number | null
  message: string | null
}

/**
 * What became of an order whose request was refused. A code outside the table counts by its status: 4xx with a readable error of Alpaca's was
 * refused; anything else, a page of a proxy included, leaves it unknown.
 */
export function meaningOf({ status, code, message }: Refusal): Meaning {
  const row = documentedErrors.find(each => each.status === status && each.code === code && (each.says?.test(message ?? '') ?? true))
  if (row) return row.meaning
  const readable = code !== null || message !== null
  if (!readable || status >= 500 || status < 400 || status === 408 || status === 425) return 'unknown'
  return /client_order_id must be unique/i.test(message ?? '') ? 'taken' : 'rejected'
}

/** The refusal in one line; its message is Alpaca's own, which repeats no key. */
export const inWords = ({ status, code, message }: Refusal): string =>
  sentence('ALPACA', { status, ...(code !== null && { code }), ...(message !== null && { message: message.slice(0, 300) }) })
