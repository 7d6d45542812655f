/** An answer that the exchange documents for a request that it does not carry out. */
export class Refusal extends Error {
  readonly status: number
  readonly code: number
  readonly headers: Record<string, string>
  constructor(code: number, message: string, { status = 400, headers = {} }: { status?: number; headers?: Record<string, string> } = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export const refuse = (code: number, message: string): never => {
  throw new Refusal(code, message)
}
