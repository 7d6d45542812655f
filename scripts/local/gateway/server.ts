import type { Server, ServerResponse } from 'node:http'
import { refuseUpgrade } from '../../../shared/runtime/upgrades.ts'
import { http } from '../http.ts'
import { forward } from './forward.ts'
import { forwardUpgrade } from './forward-upgrade.ts'
import { answerGatewayHealth, answerHome, answerOpenApi, type Served } from './own-pages.ts'
import { answerProblem } from './problem.ts'
import { type GatewayRoute, routeFinder } from './routes.ts'

export interface GatewayPlan {
  routes: GatewayRoute[]
  /** Every function, for `/health`. */
  functions: Served[]
  patienceMs?: number
}

/** The front door of all functions, as the load balancer is in the cloud. */
export function gatewayServer({ routes, functions, patienceMs }: GatewayPlan): Server {
  const find = routeFinder(routes)
  const withRoutes = functions.filter(({ step }) => routes.some(route => route.step === step))
  const addresses = ['GET /health', 'GET /openapi.json', ...routes.map(({ method, path }) => `${method} ${path}`)]
  const own: Record<string, (response: ServerResponse) => unknown> = {
    '/': response => answerHome(response, addresses),
    '/health': response => answerGatewayHealth(response, functions),
    '/openapi.json': response => answerOpenApi(response, withRoutes),
  }
  const server: Server = new http.Server({ keepAliveTimeout: 75_000 }, (request, response) => {
    const url = request.url ?? '/'
    const [path = '/'] = url.split('?', 1)
    const method = request.method ?? 'GET'
    const page = own[path]
    if (page) return void (method === 'GET' ? page(response) : notAllowed(response, ['GET']))
    const found = find(method, path)
    if (found.kind === 'nothing') return notFound(response)
    if (found.kind === 'method') return notAllowed(response, found.allowed)
    forward(request, response, { port: found.port, path: `/${found.step}${url}`, ...(patienceMs === undefined ? {} : { patienceMs }) })
  })
  server.on('upgrade', (request, socket, head) => {
    const url = request.url ?? '/'
    const found = find('GET', url.split('?', 1)[0] ?? '/')
    if (found.kind !== 'route') return refuseUpgrade(socket, '404 Not Found')
    forwardUpgrade(request, { socket, head }, { port: found.port, path: `/${found.step}${url}` })
  })
  return server
}

const notFound = (response: ServerResponse) =>
  answerProblem(response, { status: 404, code: 'NOT_FOUND', detail: 'There is nothing at this address. /openapi.json lists every one.' })

const notAllowed = (response: ServerResponse, allowed: string[]) =>
  answerProblem(response, {
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    detail: `This address takes ${allowed.join(', ')}.`,
    headers: { allow: allowed.join(', ') },
  })
