export interface FieldError {
  /** Where in the input, such as `signal.0.quantity`; empty for the whole. */
  path: string
  message: string
}

export interface ProblemInput {
  status: number
  code: string
  /** What was wrong and what to do about it. */
  detail: string
  errors?: FieldError[]
  /** What a program needs to act on it, beside the sentence: extension members of RFC 9457. */
  figures?: Record<string, unknown>
  headers?: Record<string, string>
}

/** A refusal that goes to the caller as RFC 9457 `application/problem+json`. */
export class Problem extends Error {
  readonly input: ProblemInput
  constructor(input: ProblemInput, options?: ErrorOptions) {
    super(`${input.code}: ${input.detail}`, options)
    this.name = 'Problem'
    this.input = input
  }
}

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not acceptable as it is',
  429: 'Too many requests',
  500: 'Fault on our side',
  503: 'Not available now',
}

export const problemBody = ({ status, code, detail, errors = [], figures = {} }: ProblemInput) => ({
  ...figures,
  type: `https://mathematricks.fund/problems/${code.toLowerCase().replaceAll('_', '-')}`,
  title: titles[status] ?? 'Problem',
  status,
  code,
  detail,
  errors,
})

interface Issue {
  path: PropertyKey[]
  message: string
}

export const fieldErrors = (issues: readonly Issue[]): FieldError[] =>
  issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
