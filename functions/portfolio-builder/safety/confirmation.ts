import { Problem } from '../../../shared/runtime/problem.ts'

/** What moves risk at one stroke is typed out first. @throws Problem 422 with the words to type */
export function assertConfirmed(typed: string | undefined, words: string): void {
  if (typed?.trim().toLowerCase() === words.toLowerCase()) return
  throw new Problem({
    status: 422,
    code: 'CONFIRMATION_NEEDED',
    detail: `Type “${words}” as confirmation.`,
    errors: [{ path: 'confirmation', message: `must be “${words}”` }],
    figures: { confirmation: words },
  })
}
