import domain, { type Domain } from 'node:domain'
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { type ProblemInput, problemBody } from './problem.ts'
import { serveUpgrades } from './upgrades.ts'

/** 12 MB: pushes and uploads. A route that takes less says so. */
export const DEFAULT_BODY_LIMIT = 12 * 1024 * 1024

/** Limit in bytes for requests whose path a function of this process knows. */
export type BodyLimit = (path: string) => number

const limits: BodyLimit[] = []
let installed = false

export interface RequestWithBody extends IncomingMessage {
  rawBody?: Buffer
  body?: unknown
  /** Why the body was not kept. */
  bodyFault?: ProblemInput
}

/** Writes a problem on a plain Node response. */
export function sendProblem(response: ServerResponse, problem: ProblemInput): void {
  response.writeHead(problem.status, { 'content-type': 'application/problem+json', ...problem.headers })
  response.end(JSON.stringify(problemBody(problem)))
}

/**
 * Reads bodies before functions-framework does. The framework's own parser answers malformed JSON with an HTML page, prints the whole
 * body, secrets included, on standard error, and rounds long numbers.
 */
export function readBodiesFirst(limit: BodyLimit): void {
  limits.push(limit)
  if (installed) return
  installed = true
  switchOffDomains()
  const createServer = http.createServer.bind(http) as (...args: unknown[]) => http.Server
  const wrapped = (...args: unknown[]) => {
    const app = args.find(argument => typeof argument === 'function') as RequestListener | undefined
    const server = createServer(...args.map(argument => (argument === app && app ? readingFirst(app) : argument)))
    serveUpgrades(server)
    return server
  }
  http.createServer = wrapped as typeof http.createServer
}

/**
 * The framework opens a domain for each request, which makes Node follow every promise: a third of a function's processor time. Our
 * handlers answer their own errors, so there is nothing for a domain to catch.
 */
function switchOffDomains(): void {
  const none = { on: () => none, run: (work: () => unknown) => work() }
  domain.create = () => none as unknown as Domain
}

const readingFirst =
  (app: RequestListener): RequestListener =>
  (request: RequestWithBody, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    if (!isDecodable(path)) return sendProblem(response, undecodable)
    const limit = Math.min(...limits.map(of => of(path)))
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) chunks.push(chunk)
      else chunks.length = 0
    })
    request.on('end', () => {
      if (size > limit) request.bodyFault = tooLarge(size, limit)
      request.rawBody = Buffer.concat(chunks)
      request.body = request.rawBody
      app(request, response)
    })
    request.on('error', () => response.destroy())
  }

/** The framework answers such an address itself, with a page that shows its stack. */
const isDecodable = (path: string): boolean => {
  try {
    return decodeURIComponent(path) !== ''
  } catch {
    return false
  }
}

const undecodable: ProblemInput = {
  status: 400,
  code: 'BAD_ADDRESS',
  detail: 'The address holds a % that is not followed by two hexadecimal digits of UTF-8.',
}

const tooLarge = (size: number, limit: number): ProblemInput => ({
  status: 413,
  code: 'BODY_TOO_LARGE',
  detail: `The body has ${size} bytes; at most ${limit} are taken here. Send less in one request.`,
})
