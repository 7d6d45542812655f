import type { ServerResponse } from 'node:http'
import type { Store } from '../store/collection.ts'

interface Asked {
  name: string
  store: Store
  response: ServerResponse
  /** What else there is to tell of the step. */
  more?: (() => Promise<object>) | undefined
}

/** `GET /health`: 200 when the database answers, else 503 with the reasons. */
export async function answerHealth({ name, store, response, more }: Asked): Promise<void> {
  const reasons = await store.db.command({ ping: 1 }, { timeoutMS: 2_000 }).then(
    () => [],
    () => ['MongoDB does not answer within 2 s'],
  )
  const healthy = reasons.length === 0
  const told = await more?.()
  response.writeHead(healthy ? 200 : 503, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ status: healthy ? 'healthy' : 'unhealthy', service: name, ...told, ...(healthy ? {} : { reasons }) }))
}
