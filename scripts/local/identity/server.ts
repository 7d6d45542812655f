import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { errorText } from '../../../shared/runtime/log.ts'
import { http } from '../http.ts'
import { adminCalls } from './admin-calls.ts'
import { type Call, clientCalls, type Input, refresh } from './client-calls.ts'
import { Refusal, refusalBody } from './refusal.ts'
import type { Surroundings } from './tokens.ts'

const LARGEST_BODY = 256 * 1024

/** The Identity Toolkit that `firebase` and `firebase-admin` call where `FIREBASE_AUTH_EMULATOR_HOST` points at it. */
export function identityServer(surroundings: Surroundings): Server {
  if (process.env.K_SERVICE) throw new Error('The local identity server does not run where K_SERVICE is set: it hands out unsigned tokens.')
  return new http.Server(async (request, response) => {
    allowOwnPages(request, response)
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    try {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1')
      const call = callOf(surroundings, request, url.pathname)
      const input = { ...Object.fromEntries(url.searchParams), ...(await inputOf(request)) }
      json(response, 200, await call(surroundings, input))
    } catch (error) {
      if (error instanceof Refusal) return json(response, error.status, refusalBody(error))
      process.stderr.write(`identity: ${errorText(error)}\n`)
      json(response, 500, refusalBody({ status: 500, message: 'INTERNAL_ERROR' }))
    }
  })
}

/** Pages of this machine may call it; no other page can read what it answers. */
function allowOwnPages({ headers }: IncomingMessage, response: ServerResponse): void {
  const { origin } = headers
  if (origin === undefined || !/^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/.test(origin)) return
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-allow-headers', headers['access-control-request-headers'] ?? '*')
  response.setHeader('access-control-allow-methods', 'GET, POST')
  response.setHeader('vary', 'origin')
}

const adminPath = /^\/identitytoolkit\.googleapis\.com\/v[12]\/projects\/([^/]+)\/(.+)$/
const clientPath = /^\/identitytoolkit\.googleapis\.com\/v[12]\/(.+)$/

function callOf({ project_id }: Surroundings, { headers }: IncomingMessage, path: string): Call {
  if (path === '/securetoken.googleapis.com/v1/token') return refresh
  const [, project, adminCall = ''] = adminPath.exec(path) ?? []
  if (project !== undefined) {
    if (headers.authorization !== 'Bearer owner') throw new Refusal('INSUFFICIENT_PERMISSION', 403)
    if (project !== project_id) throw new Refusal('PROJECT_NOT_FOUND', 404)
    return known(adminCalls, adminCall)
  }
  return known(clientCalls, clientPath.exec(path)?.[1] ?? '')
}

function known(calls: Record<string, Call>, name: string): Call {
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined
  if (!call) throw new Refusal(`OPERATION_NOT_ALLOWED : ${name} is not built here`, 501)
  return call
}

async function inputOf(request: IncomingMessage): Promise<Input> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > LARGEST_BODY) throw new Refusal('PAYLOAD_TOO_LARGE', 413)
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString()
  if (text === '') return {}
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text))
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal('INVALID_JSON')
  }
}

const json = (response: ServerResponse, status: number, body: object) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
