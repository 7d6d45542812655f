const statuses: Record<string, number> = {
  TokenException: 403,
  PermissionException: 403,
  InputException: 400,
  OrderException: 400,
  MarginException: 400,
  HoldingException: 400,
  UserException: 403,
  NetworkException: 503,
  DataException: 502,
  GeneralException: 500,
}

/** An error as Kite answers it, under the status that belongs to its type. */
export class KiteError extends Error {
  readonly error_type: string
  readonly status: number
  constructor(error_type: string, message: string, status = statuses[error_type] ?? 500) {
    super(message)
    this.error_type = error_type
    this.status = status
  }
}

export const errorBody = ({ error_type, message }: KiteError): string =>
  JSON.stringify({ status: 'error', message, data: null, error_type })
