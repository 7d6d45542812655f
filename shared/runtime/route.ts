import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import type { StepName } from '../messages/pipeline-names.ts'
import type { Access, Caller } from './access.ts'
import type { Log, LogFields } from './log.ts'
import type { ProblemInput } from './problem.ts'

export interface HttpContext<P, Q, B> {
  params: P
  query: Q
  body: B
  rawBody: Buffer
  headers: IncomingHttpHeaders
  caller: Caller
  /** The address that the request came from, as the load balancer tells it. */
  address: string
  request_id: string
  now: Date
  log: Log
}

export interface HttpAnswer {
  status?: number
  headers?: Record<string, string>
  body: unknown
  /** What the request's log line says besides its status. */
  outcome?: { message: string; fields: LogFields }
}

export interface Route {
  summary: string
  /** Who may call: nobody is let in by silence. */
  access: Access
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  answer: z.ZodType
  /** Largest body in bytes. */
  limit?: number
  handle(context: HttpContext<unknown, unknown, unknown>): Promise<HttpAnswer>
  /** Told of every refusal before it is answered. */
  refused?: Refused
}

export type Refused = (problem: ProblemInput, context: { address: string; now: Date }) => Promise<void>

interface TypedRoute<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  summary: string
  access: Access
  params?: P
  query?: Q
  body?: B
  answer: z.ZodType
  limit?: number
  handle(context: HttpContext<z.output<P>, z.output<Q>, z.output<B>>): Promise<HttpAnswer>
  refused?: Refused
}

/** Ties a route's schemas to its handler. */
export const route = <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(typed: TypedRoute<P, Q, B>): Route => typed as Route

export type RouteKey = `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`
export type Routes = Record<RouteKey, Route>

export interface RegisteredRoute extends Route {
  step: StepName
  method: string
  /** Parameters are written `:name`. */
  path: string
}
