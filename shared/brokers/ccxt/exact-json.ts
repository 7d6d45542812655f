import { Decimal } from '../../domain/money/decimal.ts'

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown

/** A number that JavaScript would round becomes the text that was sent: ids of 19 digits, and amounts of more than 15. */
const unrounded: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && source.length > 15 && !new Decimal(source).eq(value) ? source : value

/** @throws SyntaxError where it is no JSON */
export const parseUnrounded = (text: string): unknown => JSON.parse(text, unrounded as (key: string, value: unknown) => unknown)
