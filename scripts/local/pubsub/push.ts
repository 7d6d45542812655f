import http from 'node:http'
import https from 'node:https'

type Push = { endpoint: string; body: string; deadlineMs: number }

/** The answers that acknowledge a push; every other one asks for redelivery. */
const ACKNOWLEDGED = new Set([102, 200, 201, 202, 204])

export type Pusher = ReturnType<typeof createPusher>

/** Posts messages to push endpoints over kept connections. `token`, where given, goes along as the bearer token of each push. */
export const createPusher = (token: string | undefined) => {
  const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) }
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }

  const attempt = ({ endpoint, body, deadlineMs }: Push) =>
    new Promise<boolean | 'stale'>(resolve => {
      const url = new URL(endpoint)
      const [protocol, agent] = url.protocol === 'https:' ? [https, agents['https:']] : [http, agents['http:']]
      const length = Buffer.byteLength(body)
      const request = protocol.request(url, { method: 'POST', agent, headers: { ...headers, 'content-length': length } })
      const deadline = setTimeout(() => request.destroy(), deadlineMs)
      request.on('information', ({ statusCode }) => ACKNOWLEDGED.has(statusCode) && resolve(true))
      request.on('response', response => {
        response.on('error', () => undefined).resume()
        resolve(ACKNOWLEDGED.has(response.statusCode ?? 0))
      })
      request.on('error', (error: NodeJS.ErrnoException) => resolve(request.reusedSocket && error.code === 'ECONNRESET' ? 'stale' : false))
      // Only now: an endpoint that answers and then never ends must not keep its connection.
      request.on('close', () => {
        clearTimeout(deadline)
        resolve(false)
      })
      request.end(body)
    })

  return {
    /** True when the endpoint acknowledged in time. */
    post: async (push: Push): Promise<boolean> => {
      let answer = await attempt(push)
      // The endpoint closed an idle connection just as it was used: it has not seen the message.
      while (answer === 'stale') answer = await attempt(push)
      return answer
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}
