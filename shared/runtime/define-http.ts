import { randomUUID } from 'node:crypto'
import { http, type Request, type Response } from '@google-cloud/functions-framework'
import type { z } from 'zod'
import { type JudgeToken, openSignIn } from '../cloud/sign-in.ts'
import type { StepName } from '../messages/pipeline-names.ts'
import type { Store } from '../store/collection.ts'
import { openStore } from '../store/open.ts'
import { callerOf } from './access.ts'
import { addressOf } from './address.ts'
import { now } from './clock.ts'
import type { BaseConfig } from './configuration.ts'
import { pushHandler, type StepDefinition } from './define-step.ts'
import { parseExactJson } from './exact-json.ts'
import { answerHealth } from './health.ts'
import { errorText, type Log, logOf } from './log.ts'
import { openApi } from './openapi.ts'
import { fieldErrors, Problem, type ProblemInput } from './problem.ts'
import { DEFAULT_BODY_LIMIT, type RequestWithBody, readBodiesFirst, sendProblem } from './request-body.ts'
import type { HttpAnswer, RegisteredRoute, Routes } from './route.ts'

const registered: RegisteredRoute[] = []

/** Every route that the functions of this process serve. */
export const registeredRoutes = (): readonly RegisteredRoute[] => registered

interface CompiledRoute extends RegisteredRoute {
  pattern: RegExp
}

interface HttpDefinition {
  config: BaseConfig
  routes: Routes
  /** Of a container that also takes pushes, which come to `POST /`. */
  triggers?: StepDefinition['triggers']
  /** What there is to tell at `/health` besides. */
  health?: () => Promise<object>
}

/** Registers an HTTP function: access → parse (zod) → handle → answer; whatever is refused is `problem+json`. */
export function defineHttp(name: StepName, { config, routes, triggers, health }: HttpDefinition): void {
  const compiled = Object.entries(routes).map(([key, definition]): CompiledRoute => {
    const [method = '', path = ''] = key.split(' ')
    return { ...definition, step: name, method, path, pattern: patternOf(path) }
  })
  registered.push(...compiled)
  const store = openStore(config)
  const judge = openSignIn({ project_id: config.GOOGLE_CLOUD_PROJECT, proof_key: config.IDENTITY_KEY })
  readBodiesFirst(path => compiled.find(({ pattern }) => pattern.test(path))?.limit ?? DEFAULT_BODY_LIMIT)
  const push = triggers && pushHandler(name, { config, triggers })
  http(name, async (request: Request & RequestWithBody, response: Response) => {
    if (push && request.method === 'POST' && request.path === '/') return push(request, response)
    const request_id = randomUUID()
    response.setHeader('x-request-id', request_id)
    if (request.path === '/health') return answerHealth({ name, store, response, more: health })
    if (request.path === '/openapi.json') return void response.json(openApi(compiled))
    const log = logOf(name, { trace: request_id })
    const started = performance.now()
    const told = (status: number) => ({
      method: request.method,
      status,
      duration_ms: Math.round((performance.now() - started) * 100) / 100,
    })
    try {
      const {
        status = 200,
        headers = {},
        body,
        outcome,
      } = await answerRequest({ compiled, request, request_id, config, store, judge, log })
      response.status(status)
      for (const [header, value] of Object.entries(headers)) response.setHeader(header, value)
      if (body === undefined) response.end()
      // A page that is not JSON says what it is.
      else if (typeof body === 'string' && headers['content-type']) response.send(body)
      else response.type('application/json').send(JSON.stringify(body))
      log.info(outcome?.message ?? 'request answered', { ...outcome?.fields, ...told(status) })
    } catch (error) {
      const problem = error instanceof Problem ? error.input : faultOf(error, log)
      sendProblem(response, problem)
      log.info('request refused', { code: problem.code, ...told(problem.status) })
    }
  })
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/[.+*?^$()[\]{}|\\]/g, '\\$&').replaceAll(/:([a-z_]+)/g, '(?<$1>[^/]+)')}/?$`)

const faultOf = (error: unknown, log: Log): ProblemInput => {
  log.error('request failed', { error: errorText(error) })
  return {
    status: 503,
    code: 'UNAVAILABLE',
    detail: 'Something behind this address does not answer now. Try again.',
    headers: { 'retry-after': '1' },
  }
}

interface Incoming {
  compiled: CompiledRoute[]
  request: Request & RequestWithBody
  request_id: string
  config: BaseConfig
  store: Store
  judge: JudgeToken
  log: Log
}

async function answerRequest(incoming: Incoming): Promise<HttpAnswer> {
  const { compiled, request } = incoming
  const found = compiled.filter(({ pattern }) => pattern.test(request.path))
  const matched = found.find(({ method }) => method === request.method)
  if (!matched) throw found.length > 0 ? methodNotAllowed(found) : notFound(request.path)
  const { headers, socket } = request
  const address = addressOf({ headers, remoteAddress: socket.remoteAddress, hops: incoming.config.PROXY_HOPS })
  try {
    return await answerRoute(matched, incoming, address)
  } catch (error) {
    if (error instanceof Problem) await matched.refused?.(error.input, { address, now: now() })
    throw error
  }
}

/** Where a body may be left out, nothing at all is no broken JSON. */
const bodyOf = (schema: z.ZodType, rawBody: Buffer): unknown =>
  rawBody.length === 0 && schema.safeParse(undefined).success ? undefined : parseExactJson(rawBody.toString())

async function answerRoute(matched: CompiledRoute, incoming: Incoming, address: string): Promise<HttpAnswer> {
  const { request, request_id, config, store, judge, log } = incoming
  const params = parse(matched.params, decodedParams(matched.pattern, request.path), 'path')
  const { access, method } = matched
  const { headers } = request
  const caller = await callerOf({ store, judge, environment: config.ENVIRONMENT, access, method, headers, params })
  if (request.bodyFault) throw new Problem(request.bodyFault)
  const rawBody = request.rawBody ?? Buffer.alloc(0)
  return matched.handle({
    params,
    query: parse(matched.query, request.query, 'query'),
    body: matched.body ? parse(matched.body, bodyOf(matched.body, rawBody), 'body') : undefined,
    rawBody,
    headers,
    caller,
    address,
    request_id,
    now: now(),
    log,
  })
}

const methodNotAllowed = (found: CompiledRoute[]): Problem => {
  const allow = found.map(({ method }) => method).join(', ')
  return new Problem({ status: 405, code: 'METHOD_NOT_ALLOWED', detail: `This address takes ${allow}.`, headers: { allow } })
}

const notFound = (path: string): Problem =>
  new Problem({ status: 404, code: 'NOT_FOUND', detail: `There is nothing at ${path}. /openapi.json lists every address.` })

const decodedParams = (pattern: RegExp, path: string): Record<string, string> => {
  try {
    return Object.fromEntries(Object.entries(pattern.exec(path)?.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]))
  } catch {
    throw notFound(path)
  }
}

function parse(schema: z.ZodType | undefined, input: unknown, where: string): unknown {
  if (!schema) return input
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const errors = fieldErrors(parsed.error.issues)
  throw new Problem({ status: 422, code: 'INVALID_INPUT', detail: `The ${where} does not have the expected form; see errors.`, errors })
}
