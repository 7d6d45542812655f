/** A message or a document breaks a rule that no repetition can mend: dead-letter it, do not retry. Form `CODE: key=value`. */
export class DomainError extends Error {
  readonly code: string
  constructor(code: string, figures: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(sentence(code, figures), options)
    this.name = 'DomainError'
    this.code = code
  }
}

/** Something outside failed for now: let the message be delivered again. */
export class TransientError extends Error {
  readonly code: string
  constructor(code: string, figures: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(sentence(code, figures), options)
    this.name = 'TransientError'
    this.code = code
  }
}

/** `CODE: key=value, key=value`, the one form in which refusals are written. */
export const sentence = (code: string, figures: Record<string, unknown>): string => {
  const pairs = Object.entries(figures).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? code : `${code}: ${pairs.join(', ')}`
}
