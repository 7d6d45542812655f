import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Mood = 'well' | 'silent' | 'busy' | 'broken'

/** The Bot API's sendMessage on loopback. */
export async function startTelegram(token: string) {
  const told: { chat_id: string; text: string }[] = []
  const held: ServerResponse[] = []
  let mood: Mood = 'well'
  let asked = 0
  const json = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString())
    asked += 1
    if (mood === 'silent') return void held.push(response)
    if (mood === 'broken') return void response.writeHead(502).end('<html>Bad gateway</html>')
    if (mood === 'busy') {
      return json(response, 429, {
        ok: false,
        error_code: 429,
        description: 'Too Many Requests: retry after 5',
        parameters: { retry_after: 5 },
      })
    }
    if (request.url !== `/bot${token}/sendMessage`) return json(response, 401, { ok: false, error_code: 401, description: 'Unauthorized' })
    told.push(body)
    json(response, 200, { ok: true, result: { message_id: told.length, chat: { id: body.chat_id }, text: body.text } })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    asked: () => asked,
    be: (wanted: Mood) => {
      mood = wanted
    },
    /** Every line that was told, in order. */
    lines: () => told.flatMap(({ text }) => text.split('\n')),
    close: () => {
      for (const response of held) response.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}
