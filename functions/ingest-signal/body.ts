import { parseExactJson } from '../../shared/runtime/exact-json.ts'
import { refuse } from './refuse.ts'

export interface Body {
  fields: Record<string, unknown>
  /** How it is written: one JSON object, or `key=value` pairs. */
  written: 'json' | 'pairs'
}

/** TradingView sends whatever is not valid JSON as text/plain. */
const isPairs = (text: string, content_type: string): boolean =>
  !content_type.toLowerCase().includes('json') && /^[\s,;]*[A-Za-z_]\w*[ \t]*=/.test(text)

/**
 * A request's bytes as fields.
 * @throws Problem 400 where they are neither a JSON object nor pairs, 422 where a key is given twice
 */
export function readBody(bytes: Buffer, content_type = ''): Body {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  if (isPairs(text, content_type)) return { fields: pairsOf(text), written: 'pairs' }
  const fields = parseExactJson(text)
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw refuse('NOT_AN_OBJECT', 'The body is JSON, but not one object {…}.')
  }
  return { fields: fields as Record<string, unknown>, written: 'json' }
}

/**
 * A key: at the start, or behind white space, `,` or `;`. A value therefore may hold blanks, as an order's id does. What looks back only
 * looks at one character, so that no body takes longer to read than its length.
 */
const key = /(?<![^\s,;])([A-Za-z_]\w*)[ \t]*=/g

function pairsOf(text: string): Record<string, unknown> {
  const found = [...text.matchAll(key)]
  const fields: Record<string, unknown> = {}
  found.forEach((match, index) => {
    const name = match[1] ?? ''
    if (Object.hasOwn(fields, name)) {
      throw refuse('INVALID_SIGNAL', `The key ${name} is given twice. Give each key once.`, [{ path: name, message: 'is given twice' }])
    }
    const value = unquoted(text.slice(match.index + match[0].length, found[index + 1]?.index ?? text.length))
    Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
  })
  return fields
}

const isSeparator = (character: string | undefined): boolean => character !== undefined && /[\s,;]/.test(character)

const unquoted = (value: string): string => {
  let end = value.length
  while (end > 0 && isSeparator(value[end - 1])) end -= 1
  const bare = value.slice(0, end).trimStart()
  return /^"[^"]*"$|^'[^']*'$/.test(bare) ? bare.slice(1, -1) : bare
}
