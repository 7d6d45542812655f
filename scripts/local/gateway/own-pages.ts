import type { ServerResponse } from 'node:http'
import { http } from '../http.ts'

/** One function and the port of its process. */
export interface Served {
  step: string
  port: number
}

const TIMEOUT_MS = 3_000

const ask = (port: number, path: string): Promise<{ status: number; body: unknown }> =>
  new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path, timeout: TIMEOUT_MS }, async response => {
      try {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(await response.toArray()).toString()) })
      } catch (error) {
        reject(error)
      }
    })
    request.once('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)))
    request.once('error', reject)
  })

const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const ill = async ({ step, port }: Served): Promise<string[]> => {
  try {
    const { status, body } = await ask(port, `/${step}/health`)
    if (status === 200) return []
    const { reasons } = body as { reasons?: string[] }
    return [`${step}: ${reasons?.join('; ') ?? `it answers ${status}`}`]
  } catch (error) {
    return [`${step}: ${(error as Error).message}`]
  }
}

/** 200 when every function is healthy, else 503 with what is wrong. */
export async function answerGatewayHealth(response: ServerResponse, functions: readonly Served[]): Promise<void> {
  const reasons = (await Promise.all(functions.map(ill))).flat()
  const healthy = reasons.length === 0
  json(response, healthy ? 200 : 503, {
    status: healthy ? 'healthy' : 'unhealthy',
    service: 'gateway',
    ...(healthy ? {} : { reasons }),
  })
}

type Document = Record<string, unknown> & { paths?: Record<string, object>; components?: Record<string, Record<string, unknown>> }

/** The OpenAPI document of all functions that have routes, as one. */
export async function answerOpenApi(response: ServerResponse, functions: readonly Served[]): Promise<void> {
  const answers = await Promise.allSettled(functions.map(({ step, port }) => ask(port, `/${step}/openapi.json`)))
  const documents = answers.flatMap(answer =>
    answer.status === 'fulfilled' && answer.value.status === 200 ? [answer.value.body as Document] : [],
  )
  json(response, 200, documents.reduce(merged, { openapi: '3.1.0', info: { title: 'Mathematricks Trader', version: '1' } }))
}

const merged = (into: Document, document: Document): Document => {
  const components = { ...into.components }
  for (const [kind, named] of Object.entries(document.components ?? {})) components[kind] = { ...components[kind], ...named }
  const paths = { ...into.paths }
  for (const [path, operations] of Object.entries(document.paths ?? {})) paths[path] = { ...paths[path], ...operations }
  return { ...into, ...document, paths, components }
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

export function answerHome(response: ServerResponse, addresses: readonly string[]): void {
  const line = (address: string) => {
    const [method = '', path = ''] = address.split(' ')
    const text = `${method.padEnd(5)}${escaped(path)}`
    return method === 'GET' && !/[*{]/.test(path) ? `<a href="${escaped(path)}">${text}</a>` : text
  }
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mathematricks Trader</title>
<h1>Mathematricks Trader</h1><pre>${addresses.map(line).join('\n')}</pre></html>\n`
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
}
