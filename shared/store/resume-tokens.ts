import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, readOrNull, type Store } from './collection.ts'

const resumeToken = z.object({
  /** The collection that is listened to. */
  _id: z.string(),
  /** Where to go on, as the database gave it. */
  token: z.unknown(),
  at: date,
})
type ResumeToken = z.output<typeof resumeToken>

const resumeTokens = collection('resume_tokens', { schema: resumeToken, indexes: [], retention: 'forever' })

export const resumeTokenOf = async (store: Store, listened: string): Promise<ResumeToken | null> =>
  readOrNull(resumeTokens, await resumeTokens.in(store).findOne({ _id: listened as never }))

export async function saveResumeToken(store: Store, { _id, token, at }: ResumeToken): Promise<void> {
  await resumeTokens.in(store).updateOne({ _id: _id as never }, { $set: { token, at } }, { upsert: true })
}

export async function dropResumeToken(store: Store, listened: string): Promise<void> {
  await resumeTokens.in(store).deleteOne({ _id: listened as never })
}
