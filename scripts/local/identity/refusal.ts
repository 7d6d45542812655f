/** What Identity Toolkit refuses with: the SDKs turn the name into an error of their own, such as `auth/email-already-exists`. */
export class Refusal extends Error {
  readonly status: number
  constructor(name: string, status = 400) {
    super(name)
    this.name = 'Refusal'
    this.status = status
  }
}

export const refusalBody = ({ status, message }: { status: number; message: string }) => ({
  error: { code: status, message, errors: [{ message, reason: 'invalid', domain: 'global' }] },
})
