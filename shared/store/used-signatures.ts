import { z } from 'zod'
import { date, identifier } from '../messages/codecs.ts'
import { collection, isDuplicateKey, type Store } from './collection.ts'

const usedSignature = z.object({
  strategy_id: identifier,
  /** SHA-256 of the signature. */
  signature: z.string(),
  /** Identity of the one signal that it may make. */
  identity: z.string(),
  expires_at: date,
})

const usedSignatures = collection('used_signatures', {
  schema: usedSignature,
  indexes: [
    { key: { strategy_id: 1, signature: 1 }, unique: true },
    { key: { expires_at: 1 }, expireAfterSeconds: 0 },
  ],
  retention: '1 days',
})

/** The identity that a signature was first used for: whoever sends it again speaks of the same signal. Uses (strategy_id, signature). */
export async function identityOfSignature(
  store: Store,
  { strategy_id, signature, ...first }: z.output<typeof usedSignature>,
): Promise<string> {
  const key = { strategy_id, signature }
  const use = () => usedSignatures.in(store).findOneAndUpdate(key, { $setOnInsert: first }, { upsert: true, returnDocument: 'after' })
  const used = await use().catch(error => {
    if (isDuplicateKey(error)) return use()
    throw error
  })
  return used?.identity ?? first.identity
}
