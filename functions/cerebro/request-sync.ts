import type { Publisher } from '../../shared/cloud/publisher.ts'

/** Asks for an account to be read at its broker. Nothing is lost with such a message: whoever needs a newer state asks again. */
export const requestSync =
  (publisher: Publisher) =>
  async (account_id: string, requested_at: Date): Promise<void> => {
    const data = Buffer.from(JSON.stringify({ account_id, requested_at }))
    await publisher.publish({ topic: 'sync-requests', ordering_key: account_id, attributes: {}, data })
  }
