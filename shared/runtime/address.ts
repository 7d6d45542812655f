import type { IncomingHttpHeaders } from 'node:http'

interface Origin {
  headers: IncomingHttpHeaders
  remoteAddress: string | undefined
  /** How many addresses at the end of `X-Forwarded-For` our own proxies have written. */
  hops: number
}

/** Where a request came from, as the first of our own proxies saw it: a sender can write what it likes before that. */
export function addressOf({ headers, remoteAddress, hops }: Origin): string {
  const told = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map(address => address.trim())
  return told.at(-hops) || remoteAddress || ''
}
