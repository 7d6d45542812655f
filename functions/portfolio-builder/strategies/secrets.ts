import { randomBytes } from 'node:crypto'

/** A key of a strategy, as DSH-5 writes it: 192 random bits behind its name. */
export const newApiKey = (strategy_id: string): string => `sk_${strategy_id}_${randomBytes(24).toString('base64url')}`

export const newPassphrase = (): string => randomBytes(24).toString('base64url')
