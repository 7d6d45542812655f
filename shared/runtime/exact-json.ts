import { Problem } from './problem.ts'

const MAX_DEPTH = 32

/** Deepest nesting of a JSON text, strings left out; counted before parsing so that a bomb costs one pass. */
export function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at += 1
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth)
    else if (character === '}' || character === ']') depth -= 1
  }
  return deepest
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown

const keepDigits: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && String(value) !== source ? source : value

/**
 * Parses JSON without rounding: a number that JavaScript would not print the way it was written becomes its own text.
 * @throws Problem 400 NOT_JSON or TOO_DEEP
 */
export function parseExactJson(text: string): unknown {
  const depth = depthOf(text)
  if (depth > MAX_DEPTH) {
    throw new Problem({ status: 400, code: 'TOO_DEEP', detail: `The JSON is nested ${depth} levels deep; at most ${MAX_DEPTH} are read.` })
  }
  try {
    return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
  } catch (error) {
    // The parser's own message quotes the text around the fault, which may hold a secret: only its place is told.
    const place = /position (\d+)/.exec((error as Error).message)?.[1]
    const where = place ? ` (character ${place})` : ''
    const detail = `The body is not JSON${where}. Send one JSON object; NaN, Infinity and trailing commas are not JSON.`
    throw new Problem({ status: 400, code: 'NOT_JSON', detail })
  }
}
